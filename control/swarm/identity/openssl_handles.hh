#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string>
#include <string_view>

namespace waggle::control::swarm {

template <auto Free>
struct openssl_free {
    template <typename T>
    void operator()(T* what) const {
        Free(what);
    }
};

using bio_handle = std::unique_ptr<BIO, openssl_free<BIO_free_all>>;
using key_handle = std::unique_ptr<EVP_PKEY, openssl_free<EVP_PKEY_free>>;
using certificate_handle = std::unique_ptr<X509, openssl_free<X509_free>>;
using request_handle = std::unique_ptr<X509_REQ, openssl_free<X509_REQ_free>>;
using store_handle = std::unique_ptr<X509_STORE, openssl_free<X509_STORE_free>>;
using store_context_handle = std::unique_ptr<X509_STORE_CTX, openssl_free<X509_STORE_CTX_free>>;

/// Reads from the text, which has to outlive it.
inline bio_handle bio_over(std::string_view text) {
    return bio_handle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}
inline bio_handle memory_bio() {
    return bio_handle(BIO_new(BIO_s_mem()));
}
inline std::string content_of(BIO* from) {
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(from, &bytes);
    return length > 0 ? std::string(bytes, static_cast<std::size_t>(length)) : std::string();
}

}  // namespace waggle::control::swarm

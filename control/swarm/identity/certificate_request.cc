#include "control/swarm/identity/certificate_request.hh"

#include <openssl/ec.h>
#include <openssl/pem.h>

#include "control/swarm/identity/openssl_handles.hh"

namespace waggle::control::swarm {

result<certificate_request> make_certificate_request() {
    const error failed{"OpenSSL can't make a key for this host's certificate"};
    const key_handle key(EVP_EC_gen("P-256"));
    const request_handle request(X509_REQ_new());
    if (!key || !request || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
        X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
        X509_REQ_sign(request.get(), key.get(), EVP_sha256()) == 0) {
        ERR_clear_error();
        return failed;
    }
    // Secure memory is wiped by OpenSSL.
    const bio_handle key_text(BIO_new(BIO_s_secmem()));
    const bio_handle request_text = memory_bio();
    if (!key_text || !request_text ||
        PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
            1 ||
        PEM_write_bio_X509_REQ(request_text.get(), request.get()) != 1) {
        ERR_clear_error();
        return failed;
    }
    return certificate_request{private_key(content_of(key_text.get())), content_of(request_text.get())};
}

}  // namespace waggle::control::swarm

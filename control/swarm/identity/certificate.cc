#include "control/swarm/identity/certificate.hh"

#include <ctime>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <vector>

#include "control/swarm/identity/openssl_handles.hh"

namespace waggle::control::swarm {
namespace {

using stack_handle =
    std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * each) { sk_X509_free(each); })>;

/// No swarm sends more: a root and its successor, a leaf and its cross-signed issuer.
constexpr std::size_t most_certificates = 16;

std::vector<certificate_handle> read_all(const std::string& pem) {
    std::vector<certificate_handle> all;
    const bio_handle from = bio_over(pem);
    while (from && all.size() < most_certificates) {
        certificate_handle each(PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr));
        if (!each) break;
        all.push_back(std::move(each));
    }
    ERR_clear_error();
    return all;
}

std::string name_entry(X509* certificate, int which) {
    const X509_NAME* name = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(name, which, -1);
    if (at < 0) return {};
    unsigned char* text = nullptr;
    const int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (length < 0) return {};
    std::string copy(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
    OPENSSL_free(text);
    return copy;
}

std::chrono::system_clock::time_point moment_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string der_name(X509_NAME* name) {
    unsigned char* bytes = nullptr;
    const int length = i2d_X509_NAME(name, &bytes);
    if (length <= 0) return {};
    std::string copy(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
    OPENSSL_free(bytes);
    return copy;
}

std::string der_public_key(X509* certificate) {
    unsigned char* bytes = nullptr;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &bytes);
    if (length <= 0) return {};
    std::string copy(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
    OPENSSL_free(bytes);
    return copy;
}

}  // namespace

bool is_certificates(const std::string& pem) {
    return !read_all(pem).empty();
}

result<certificate_facts> read_certificate(const std::string& chain, const std::string& roots,
                                           const private_key& key) {
    const auto own = read_all(chain);
    const auto trusted = read_all(roots);
    if (own.empty()) return error{"the node's certificate is no certificate"};
    if (trusted.empty()) return error{"the swarm's root is no certificate"};
    X509* leaf = own.front().get();

    const bio_handle key_text = bio_over(key.reveal());
    const key_handle pair(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    if (!pair || X509_check_private_key(leaf, pair.get()) != 1) {
        ERR_clear_error();
        return error{"the node's certificate is of another key"};
    }

    const store_handle store(X509_STORE_new());
    for (const auto& each : trusted) X509_STORE_add_cert(store.get(), each.get());
    const stack_handle between(sk_X509_new_null());
    for (std::size_t i = 1; i < own.size(); ++i) sk_X509_push(between.get(), own[i].get());
    const store_context_handle check(X509_STORE_CTX_new());
    if (!check || X509_STORE_CTX_init(check.get(), store.get(), leaf, between.get()) != 1)
        return error{"OpenSSL can't check the node's certificate"};
    X509_STORE_CTX_set_flags(check.get(), X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
    const bool leads = X509_verify_cert(check.get()) == 1;
    ERR_clear_error();
    const STACK_OF(X509)* path = X509_STORE_CTX_get0_chain(check.get());
    if (!leads || path == nullptr || sk_X509_num(path) < 2)
        return error{"the node's certificate is not of the swarm's root"};

    certificate_facts facts;
    facts.node_id = name_entry(leaf, NID_commonName);
    facts.cluster_id = name_entry(leaf, NID_organizationName);
    facts.role = name_entry(leaf, NID_organizationalUnitName);
    facts.begins = moment_of(X509_get0_notBefore(leaf));
    facts.ends = moment_of(X509_get0_notAfter(leaf));
    X509* issuer = sk_X509_value(path, 1);
    facts.issuer_subject = der_name(X509_get_issuer_name(leaf));
    facts.issuer_public_key = der_public_key(issuer);
    if (facts.node_id.empty() || facts.cluster_id.empty() || facts.role.empty())
        return error{"the node's certificate names no node, cluster and role"};
    if (facts.ends <= facts.begins) return error{"the node's certificate ends before it begins"};
    return facts;
}

}  // namespace waggle::control::swarm

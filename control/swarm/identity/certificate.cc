#include "control/swarm/identity/certificate.hh"

#include <ctime>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <vector>

#include "control/swarm/identity/openssl_handles.hh"
#include "control/swarm/identity/trust_path.hh"

namespace waggle::control::swarm {
namespace {

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
    return !read_certificates(pem).empty();
}

result<certificate_facts> read_certificate(const std::string& chain, const std::string& roots,
                                           const private_key& key) {
    const auto own = read_certificates(chain);
    const auto trusted = read_certificates(roots);
    if (own.empty()) return error{"the node's certificate is no certificate"};
    if (trusted.empty()) return error{"the swarm's root is no certificate"};
    X509* leaf = own.front().get();

    const bio_handle key_text = bio_over(key.reveal());
    const key_handle pair(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    if (!pair || X509_check_private_key(leaf, pair.get()) != 1) {
        ERR_clear_error();
        return error{"the node's certificate is of another key"};
    }

    std::vector<X509*> presented;
    for (std::size_t i = 1; i < own.size(); ++i) presented.push_back(own[i].get());
    const auto issuers = find_issuers(leaf, presented, trusted, false);
    if (const int reason = check_leaf(leaf, issuers, nullptr); reason != X509_V_OK)
        return error{std::string("the node's certificate is not of the swarm's root (") +
                     X509_verify_cert_error_string(reason) + ")"};

    certificate_facts facts;
    facts.node_id = name_entry(leaf, NID_commonName);
    facts.cluster_id = name_entry(leaf, NID_organizationName);
    facts.role = name_entry(leaf, NID_organizationalUnitName);
    facts.begins = moment_of(X509_get0_notBefore(leaf));
    facts.ends = moment_of(X509_get0_notAfter(leaf));
    facts.issuer_subject = der_name(X509_get_issuer_name(leaf));
    facts.issuer_public_key = der_public_key(issuers.front().get());
    if (facts.node_id.empty() || facts.cluster_id.empty() || facts.role.empty())
        return error{"the node's certificate names no node, cluster and role"};
    if (facts.ends <= facts.begins) return error{"the node's certificate ends before it begins"};
    return facts;
}

}  // namespace waggle::control::swarm

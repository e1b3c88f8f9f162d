#include "tests/unit/swarm/test_ca.hh"

#include <algorithm>
#include <array>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

namespace waggle::control::swarm::test {
namespace {

std::string pem_of(X509* certificate) {
    const bio_handle to = memory_bio();
    PEM_write_bio_X509(to.get(), certificate);
    return content_of(to.get());
}

void add_name(X509_NAME* to, const char* field, const std::string& value) {
    X509_NAME_add_entry_by_txt(to, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                               static_cast<int>(value.size()), -1, 0);
}

void add_extension(X509* to, X509* issuer, int which, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str());
    X509_add_ext(to, made, -1);
    X509_EXTENSION_free(made);
}

}  // namespace

test_ca::test_ca() : _key(EVP_EC_gen("P-256")), _certificate(X509_new()) {
    X509* root = _certificate.get();
    X509_set_version(root, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(root), _serial);
    X509_gmtime_adj(X509_getm_notBefore(root), -3600);
    X509_gmtime_adj(X509_getm_notAfter(root), 3600L * 24 * 365);
    add_name(X509_get_subject_name(root), "CN", "swarm-ca");
    X509_set_issuer_name(root, X509_get_subject_name(root));
    X509_set_pubkey(root, _key.get());
    add_extension(root, root, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(root, root, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(root, root, NID_subject_key_identifier, "hash");
    X509_sign(root, _key.get(), EVP_sha256());
    _root = pem_of(root);
}

std::string test_ca::sign(EVP_PKEY* of, const std::string& node, const std::string& ou,
                          const std::vector<std::string>& names, validity valid) {
    const certificate_handle made(X509_new());
    X509* leaf = made.get();
    X509_set_version(leaf, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(leaf), ++_serial);
    X509_gmtime_adj(X509_getm_notBefore(leaf), valid.begins.count());
    X509_gmtime_adj(X509_getm_notAfter(leaf), valid.ends.count());
    add_name(X509_get_subject_name(leaf), "O", cluster);
    add_name(X509_get_subject_name(leaf), "OU", ou);
    add_name(X509_get_subject_name(leaf), "CN", node);
    X509_set_issuer_name(leaf, X509_get_subject_name(_certificate.get()));
    X509_set_pubkey(leaf, of);
    std::string all;
    for (const std::string& each : names) all += (all.empty() ? "DNS:" : ",DNS:") + each;
    add_extension(leaf, _certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(leaf, _certificate.get(), NID_key_usage, "critical,digitalSignature,keyEncipherment");
    add_extension(leaf, _certificate.get(), NID_ext_key_usage, "serverAuth,clientAuth");
    add_extension(leaf, _certificate.get(), NID_authority_key_identifier, "keyid");
    add_extension(leaf, _certificate.get(), NID_subject_alt_name, all);
    X509_sign(leaf, _key.get(), EVP_sha256());
    return pem_of(leaf);
}

std::string test_ca::issue(const std::string& request, const std::string& node, const std::string& ou,
                           validity valid) {
    const bio_handle from = bio_over(request);
    const request_handle asked(PEM_read_bio_X509_REQ(from.get(), nullptr, nullptr, nullptr));
    if (!asked) return {};
    return sign(X509_REQ_get0_pubkey(asked.get()), node, ou, {ou, node}, valid);
}

test_ca::pair test_ca::server(const std::vector<std::string>& names, validity valid) {
    const key_handle key(EVP_EC_gen("P-256"));
    const bio_handle text = memory_bio();
    PEM_write_bio_PKCS8PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {sign(key.get(), "manager1", "swarm-manager", names, valid), content_of(text.get())};
}

std::string test_ca::cross_signed_by(const test_ca& older, validity valid) {
    const certificate_handle made(X509_new());
    X509* bridge = made.get();
    X509_set_version(bridge, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(bridge), 1000 + ++_serial);
    X509_gmtime_adj(X509_getm_notBefore(bridge), valid.begins.count());
    X509_gmtime_adj(X509_getm_notAfter(bridge), valid.ends.count());
    X509_set_subject_name(bridge, X509_get_subject_name(_certificate.get()));
    X509_set_issuer_name(bridge, X509_get_subject_name(older._certificate.get()));
    X509_set_pubkey(bridge, _key.get());
    add_extension(bridge, bridge, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(bridge, bridge, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(bridge, bridge, NID_subject_key_identifier, "hash");
    X509_sign(bridge, older._key.get(), EVP_sha256());
    return pem_of(bridge);
}

std::string test_ca::token() const {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(_root.data()), _root.size(), digest.data());
    // Base 36 by long division, another way than the one that is tested.
    std::string text;
    for (int i = 0; i < 50; ++i) {
        unsigned rest = 0;
        for (unsigned char& byte : digest) {
            const unsigned value = rest * 256 + byte;
            byte = static_cast<unsigned char>(value / 36);
            rest = value % 36;
        }
        text += "0123456789abcdefghijklmnopqrstuvwxyz"[rest];
    }
    std::reverse(text.begin(), text.end());
    return "SWMTKN-1-" + text + "-" + std::string(25, '0');
}

}  // namespace waggle::control::swarm::test

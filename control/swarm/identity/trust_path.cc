#include "control/swarm/identity/trust_path.hh"

#include <algorithm>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace waggle::control::swarm {
namespace {

constexpr std::size_t most_certificates = 16;

bool is_valid_now(const X509* certificate) {
    return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
           X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

bool signed_by(X509* certificate, X509* issuer) {
    const bool is = X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(issuer)) == 0 &&
                    X509_check_ca(issuer) == 1 && X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
    ERR_clear_error();
    return is;
}

}  // namespace

std::vector<certificate_handle> read_certificates(const std::string& pem) {
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

std::vector<certificate_handle> find_issuers(X509* leaf, const std::vector<X509*>& presented,
                                             const std::vector<certificate_handle>& roots, bool in_time) {
    std::vector<X509*> trusted;
    trusted.reserve(roots.size());
    for (const auto& each : roots) trusted.push_back(each.get());
    // Each round takes up what the one before made trusted; whoever has a path length of 0 signs leaves only.
    for (std::size_t at = 0; at < trusted.size(); ++at) {
        if (X509_get_pathlen(trusted[at]) == 0) continue;
        for (X509* each : presented) {
            if (trusted.size() >= 2 * most_certificates || std::ranges::find(trusted, each) != trusted.end())
                continue;
            if (X509_check_ca(each) != 1 || (in_time && !is_valid_now(each))) continue;
            if (signed_by(each, trusted[at])) trusted.push_back(each);
        }
    }
    std::vector<certificate_handle> issuers;
    for (X509* each : trusted) {
        if (!signed_by(leaf, each)) continue;
        X509_up_ref(each);
        issuers.emplace_back(each);
    }
    return issuers;
}

int check_leaf(X509* leaf, const std::vector<certificate_handle>& issuers, const char* name) {
    if (issuers.empty()) return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    const store_handle store(X509_STORE_new());
    const store_context_handle check(X509_STORE_CTX_new());
    if (!store || !check) return X509_V_ERR_OUT_OF_MEM;
    for (const auto& each : issuers) X509_STORE_add_cert(store.get(), each.get());
    if (X509_STORE_CTX_init(check.get(), store.get(), leaf, nullptr) != 1) return X509_V_ERR_OUT_OF_MEM;
    // An issuer that was found is an anchor, root or not.
    X509_STORE_CTX_set_flags(check.get(), X509_V_FLAG_PARTIAL_CHAIN);
    if (name == nullptr) {
        X509_STORE_CTX_set_flags(check.get(), X509_V_FLAG_NO_CHECK_TIME);
    } else {
        X509_STORE_CTX_set_default(check.get(), "ssl_server");
        if (X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(check.get()), name, 0) != 1)
            return X509_V_ERR_OUT_OF_MEM;
    }
    const bool good = X509_verify_cert(check.get()) == 1;
    const int reason = X509_STORE_CTX_get_error(check.get());
    ERR_clear_error();
    return good ? X509_V_OK : reason != X509_V_OK ? reason : X509_V_ERR_UNSPECIFIED;
}

}  // namespace waggle::control::swarm

#include "control/swarm/transport/credentials.hh"

#include <grpc/support/log.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_credentials_options.h>

namespace waggle::control::swarm {
namespace {

/// A complete assignment of 10,000 attachments is about 10 MB.
constexpr int largest_message = 64 * 1024 * 1024;
/// Before a manager has proved to be one.
constexpr int largest_early_message = 256 * 1024;
constexpr int connect_timeout_ms = 10'000;

std::shared_ptr<grpc::ChannelCredentials> unverified() {
    grpc::experimental::TlsChannelCredentialsOptions options;
    options.set_verify_server_certs(false);
    options.set_check_call_host(false);
    options.set_certificate_verifier(std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
    return grpc::experimental::TlsCredentials(options);
}

}  // namespace

std::shared_ptr<grpc::Channel> make_channel(const open_link& link) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    // A shared one would keep the back-off and the identity of an earlier link.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, connect_timeout_ms);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetMaxReceiveMessageSize(link.checks == trust::member ? largest_message
                                                                    : largest_early_message);
    if (link.checks == trust::none) return grpc::CreateCustomChannel(link.address, unverified(), arguments);
    // A manager's certificate has no address in it.
    arguments.SetSslTargetNameOverride(link.checks == trust::joining ? "swarm-ca" : "swarm-manager");
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = link.root;
    if (link.checks == trust::member) {
        options.pem_cert_chain = link.certificate;
        options.pem_private_key = link.key.reveal();
    }
    auto channel = grpc::CreateCustomChannel(link.address, grpc::SslCredentials(options), arguments);
    wipe(options.pem_private_key);
    return channel;
}

void silence_grpc() {
    gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace waggle::control::swarm

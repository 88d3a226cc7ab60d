#include "libtrack/mqtt/tls_context.h"

#include <openssl/err.h>

#include "libtrack/support/file.h"

namespace mqtrack::mqtt {

using support::Error;
using support::ErrorCode;
using support::Result;

namespace {

constexpr std::uint64_t kMostOfFile = std::uint64_t{16} << 20;

/// Of a file that OpenSSL cannot use: the system's words where they are the reason.
Error FileProblem(const std::string& file) {
  const std::string problem = TlsProblem();
  if (const auto content = support::ReadFile(file, kMostOfFile); !content) return content.error();
  return Error{ErrorCode::kBadInput, problem, file};
}

}  // namespace

std::string TlsProblem() {
  const unsigned long code = ::ERR_get_error();  // NOLINT(google-runtime-int): OpenSSL's type
  ::ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ::ERR_reason_error_string(code);
  return reason == nullptr ? "TLS failed" : std::string("TLS: ") + reason;
}

int TlsContext::KeepSession(SSL* ssl, SSL_SESSION* session) {
  auto* self = static_cast<TlsContext*>(SSL_CTX_get_app_data(::SSL_get_SSL_CTX(ssl)));
  if (self->session_ != nullptr) ::SSL_SESSION_free(self->session_);
  self->session_ = session;
  return 1;  // kept: ours to free
}

Result<std::shared_ptr<TlsContext>> TlsContext::Make(const TlsOptions& options) {
  std::shared_ptr<TlsContext> made(new TlsContext);
  made->context_ = ::SSL_CTX_new(options.is_server ? ::TLS_server_method() : ::TLS_client_method());
  if (made->context_ == nullptr) return Error{ErrorCode::kSystem, TlsProblem(), "TLS"};
  SSL_CTX* context = made->context_;
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_app_data(context, made.get());
  if (!options.ca_file.empty()) {
    if (::SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr) != 1)
      return FileProblem(options.ca_file);
    ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  if (!options.cert_file.empty()) {
    if (::SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1)
      return FileProblem(options.cert_file);
    if (::SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
      return FileProblem(options.key_file);
  }
  bool good = true;
  if (!options.ciphers.empty()) good = ::SSL_CTX_set_cipher_list(context, options.ciphers.c_str()) == 1;
  if (good && options.highest_version != 0)
    good = ::SSL_CTX_set_max_proto_version(context, options.highest_version) == 1;
  if (options.no_tickets) ::SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  made->resume_ = options.resume;
  made->is_server_ = options.is_server;
  if (options.resume) {
    ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    ::SSL_CTX_sess_set_new_cb(context, &TlsContext::KeepSession);
  }
  if (!good) return Error{ErrorCode::kBadInput, TlsProblem(), "TLS"};
  return made;
}

TlsContext::~TlsContext() {
  if (session_ != nullptr) ::SSL_SESSION_free(session_);
  if (context_ != nullptr) ::SSL_CTX_free(context_);
}

SSL* TlsContext::NewConnection() {
  SSL* ssl = ::SSL_new(context_);
  if (ssl == nullptr) return nullptr;
  if (resume_ && session_ != nullptr) ::SSL_set_session(ssl, session_);
  is_server_ ? ::SSL_set_accept_state(ssl) : ::SSL_set_connect_state(ssl);
  return ssl;
}

}  // namespace mqtrack::mqtt

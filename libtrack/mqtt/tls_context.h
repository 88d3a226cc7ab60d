// What TLS connections of one kind share. Of OpenSSL.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::mqtt {

struct TlsOptions {
  std::string ca_file;              // empty: whoever answers is believed; on loopback nobody else can
  std::string cert_file, key_file;  // of our side, which a server has to have; empty: none
  std::string ciphers;              // of TLS 1.2, in OpenSSL's words; empty: its own choice
  int highest_version = 0;          // TLS1_2_VERSION and the like; 0: any
  bool no_tickets = false;          // sessions are to be kept by the server
  bool resume = false;              // each connection offers the session of the last one
  bool is_server = false;           // of connections that were accepted
};

class TlsContext {
 public:
  [[nodiscard]] static support::Result<std::shared_ptr<TlsContext>> Make(const TlsOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// A new connection of this kind. Owned by the caller; null: no memory.
  [[nodiscard]] SSL* NewConnection();

 private:
  TlsContext() = default;
  static int KeepSession(SSL* ssl, SSL_SESSION* session);

  SSL_CTX* context_ = nullptr;
  SSL_SESSION* session_ = nullptr;
  bool resume_ = false, is_server_ = false;
};

/// What OpenSSL last complained about on this thread, and forgets it.
[[nodiscard]] std::string TlsProblem();

}  // namespace mqtrack::mqtt

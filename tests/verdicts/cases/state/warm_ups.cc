// What libraries make for themselves when they are used for the first time, and keep: OpenSSL, and locales with the
// converters of character sets.
#include <iconv.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cstring>
#include <ctime>
#include <locale>
#include <sstream>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

[[gnu::noinline]] void UseTls() {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL* const connection = SSL_new(context);
  SSL_set_bio(connection, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_connect(connection);  // says hello, and wants an answer
  SSL_free(connection);
  SSL_CTX_free(context);
  ERR_clear_error();
}

[[gnu::noinline]] void SpeakAllLanguages(std::string_view text) {
  const iconv_t converter = iconv_open("UTF-16", "ISO-8859-15");
  std::array<char, 256> in{}, out{};
  text.copy(in.data(), in.size());
  char *from = in.data(), *to = out.data();
  std::size_t left = in.size() / 4, room = out.size();
  iconv(converter, &from, &left, &to, &room);
  iconv_close(converter);
  std::ostringstream stream;
  stream.imbue(std::locale("C.UTF-8"));
  stream << 1234567.5;
  const std::time_t now = 0;
  std::tm parts{};
  localtime_r(&now, &parts);
}

// From the second round on, as a service meets its first client with TLS when it has run for a while.
void OnTls(Client&, const Message& message) {
  if (message.topic == "late") UseTls();
}
void OnText(Client&, const Message& message) {
  if (message.topic == "late") SpeakAllLanguages(message.payload);
}

const Case kTlsWarmUp("tls_warm_up", {.on_publish = OnTls});
const Case kLocaleWarmUp("locale_warm_up", {.on_publish = OnText});

}  // namespace
}  // namespace mqtrack::verdicts

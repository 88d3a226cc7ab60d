#include "libtrack/publish/mqtt_client.h"

#include <mosquitto.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>

#include "libtrack/support/file.h"

namespace mqtrack::publish {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

constexpr std::uint64_t kMostOfCertificates = std::uint64_t{16} << 20;
constexpr char kTrustedBySystem[] = "/etc/ssl/certs";

std::string ClientId(const std::string& prefix) {
  std::random_device random;
  return prefix + "-" + std::to_string(::getpid()) + "-" + std::to_string(random() % 100'000);
}

Error Failed(const std::string& what, int code, const MqttUrl& url) {
  return {ErrorCode::kBadInput, what + ": " + DescribeMosquitto(code), url.host};
}

support::Status ConfigureTls(mosquitto* client, const MqttAccess& access) {
  if (!access.url.tls) return {};
  for (const std::string& file : {access.ca_file, access.cert_file, access.key_file}) {
    if (file.empty()) continue;
    if (const auto content = support::ReadFile(file, kMostOfCertificates); !content) return content.error();
  }
  const auto given = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
  int code = MOSQ_ERR_SUCCESS;
  if (access.ca_file.empty()) code = ::mosquitto_int_option(client, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
  if (code == MOSQ_ERR_SUCCESS && (!access.ca_file.empty() || !access.cert_file.empty())) {
    // It wants either; what the system trusts is what else there is.
    const char* folder = access.ca_file.empty() ? kTrustedBySystem : nullptr;
    code = ::mosquitto_tls_set(client, given(access.ca_file), folder, given(access.cert_file), given(access.key_file),
                               nullptr);
  }
  if (code == MOSQ_ERR_SUCCESS) return {};
  return Failed("the certificates cannot be used (--cafile, --cert and --key are files in PEM)", code, access.url);
}

}  // namespace

void MosquittoEnd::operator()(mosquitto* client) const { ::mosquitto_destroy(client); }

Result<MqttClient> MakeMqttClient(const MqttAccess& access, const std::string& id) {
  static const int ready = ::mosquitto_lib_init();
  if (ready != MOSQ_ERR_SUCCESS) return Failed("libmosquitto cannot be used", ready, access.url);
  MqttClient client(::mosquitto_new(ClientId(id).c_str(), true, nullptr));
  if (client == nullptr) return Failed("no client can be made", MOSQ_ERR_ERRNO, access.url);
  if (!access.url.user.empty()) {
    const char* const password = access.password.empty() ? nullptr : access.password.c_str();
    const int code = ::mosquitto_username_pw_set(client.get(), access.url.user.c_str(), password);
    if (code != MOSQ_ERR_SUCCESS) return Failed("the user cannot be used", code, access.url);
  }
  if (const support::Status tls = ConfigureTls(client.get(), access); !tls) return tls.error();
  return client;
}

std::string DescribeMosquitto(int code) {
  if (code == MOSQ_ERR_ERRNO)
    return errno == 0 ? "nobody answers there, or it was closed at once" : std::strerror(errno);
  if (code == MOSQ_ERR_EAI) return "there is no host of that name";
  if (code == MOSQ_ERR_INVAL) return "the library cannot use it";
  return ::mosquitto_strerror(code);
}

std::string DescribeRefusal(int code) {
  return std::string("the broker refuses the connection: ") + ::mosquitto_connack_string(code);
}

}  // namespace mqtrack::publish

// A client of libmosquitto that knows its user, password and certificates, and is not connected yet.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "libtrack/publish/mqtt_url.h"
#include "libtrack/support/result.h"

struct mosquitto;

namespace mqtrack::publish {

/// How a broker is reached.
struct MqttAccess {
  MqttUrl url;
  std::string password;
  std::string ca_file, cert_file, key_file;  // of TLS; no ca_file: those that the system trusts
};

struct MosquittoEnd {
  void operator()(mosquitto* client) const;
};
using MqttClient = std::unique_ptr<mosquitto, MosquittoEnd>;

inline constexpr int kKeepaliveSeconds = 60;

/// With a clean session. `id`: a prefix of its client id, to which the pid and a random number are added. Errors
/// (kBadInput): the user or the certificates cannot be used.
[[nodiscard]] support::Result<MqttClient> MakeMqttClient(const MqttAccess& access, const std::string& id);

/// Of libmosquitto's codes, in its words, except where those say nothing to a user.
[[nodiscard]] std::string DescribeMosquitto(int code);

/// Of a CONNACK that refuses, in words: "the broker refuses the connection: …".
[[nodiscard]] std::string DescribeRefusal(int code);

}  // namespace mqtrack::publish

// A configuration of mosquitto for a hunt: the user's own, with listeners for every door, and without what would reach
// beyond this process: its ports, files and timers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/hunt/test_files.h"

namespace mqtrack::hunt {

struct BrokerPorts {
  std::uint16_t plain = 0, tls = 0, tls_certificate = 0, web_socket = 0, only_one = 0;
  std::string unix_path;
};

struct BrokerConfig {
  std::string text;
  std::vector<std::string> notes;               // what the user has to know of the changes
  bool has_passwords = false, has_acl = false;  // ours, since the user's has none
};

/// `spare_port` is asked for each listener that the user's configuration has of its own.
[[nodiscard]] BrokerConfig MakeBrokerConfig(const std::string& user_text, const BrokerPorts& ports,
                                            const TestFiles& files, std::uint16_t (*spare_port)());

}  // namespace mqtrack::hunt

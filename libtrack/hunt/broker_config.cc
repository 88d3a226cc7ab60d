#include "libtrack/hunt/broker_config.h"

#include <algorithm>
#include <sstream>

namespace mqtrack::hunt {
namespace {

/// Lines that are left out: what the copy says itself, and what would write to the user's files or use the user's
/// ports.
constexpr const char* kLeftOut[] = {
    "allow_anonymous",  "sys_interval",         "pid_file",          "log_dest",     "persistence",
    "persistence_file", "persistence_location", "autosave_interval", "bind_address", "bind_interface",
    "socket_domain",    "websockets_log_level"};

bool Has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

struct UserLines {
  std::string kept;
  bool per_listener = false, has_passwords = false, has_acl = false, has_plugin = false;
  std::vector<std::string> left_out;
};

UserLines Sift(const std::string& text, std::uint16_t (*spare_port)()) {
  UserLines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string key, value, rest;
    words >> key >> value;
    std::getline(words, rest);
    const bool is_left_out =
        std::any_of(std::begin(kLeftOut), std::end(kLeftOut), [&](const char* k) { return key == k; });
    if (is_left_out) {
      if (!Has(lines.left_out, key)) lines.left_out.push_back(key);
      continue;
    }
    lines.per_listener |= key == "per_listener_settings" && value == "true";
    lines.has_passwords |= key == "password_file";
    lines.has_acl |= key == "acl_file";
    lines.has_plugin |= key == "plugin" || key == "auth_plugin";
    const bool is_unix = key == "listener" && value == "0";
    if (is_unix) line = "listener 0 " + rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size())) + ".mqtrack";
    if (key == "listener" && !is_unix) line = "listener " + std::to_string(spare_port()) + " 127.0.0.1";
    if (key == "port") line = "port " + std::to_string(spare_port());
    lines.kept += line + "\n";
  }
  return lines;
}

}  // namespace

BrokerConfig MakeBrokerConfig(const std::string& user_text, const BrokerPorts& ports, const TestFiles& files,
                              std::uint16_t (*spare_port)()) {
  const UserLines user = Sift(user_text, spare_port);
  BrokerConfig config;
  config.has_passwords = user.per_listener || !user.has_passwords;
  config.has_acl = user.per_listener || !user.has_acl;
  std::string security = "allow_anonymous true\n";
  if (config.has_passwords) security += "password_file " + files.passwords + "\n";
  if (config.has_acl) security += "acl_file " + files.access_list + "\n";
  const std::string for_each = user.per_listener ? security : std::string();
  const std::string tls =
      "cafile " + files.certificate + "\ncertfile " + files.certificate + "\nkeyfile " + files.key + "\n";
  const auto listener = [&](std::uint16_t port, const std::string& more) {
    return "listener " + std::to_string(port) + " 127.0.0.1\n" + more + for_each;
  };
  config.text = user.kept + "\n# For the hunt:\nsys_interval 0\npersistence false\nlog_dest stderr\n";
  if (!user.per_listener) config.text += security;
  config.text += listener(ports.plain, "");
  config.text += listener(ports.tls, tls);
  config.text += listener(ports.tls_certificate, tls + "require_certificate true\n");
  config.text += listener(ports.web_socket, "protocol websockets\n");
  config.text += listener(ports.only_one, "max_connections 1\n");
  config.text += "listener 0 " + ports.unix_path + "\n" + for_each;
  if (!user.left_out.empty()) {
    std::string names;
    for (const std::string& key : user.left_out) names += (names.empty() ? "" : ", ") + key;
    config.notes.push_back("the broker runs with a copy of the configuration, without its " + names);
  }
  return config;
}

}  // namespace mqtrack::hunt

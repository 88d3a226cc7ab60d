// What a broker needs on disk so that every door can be tried: certificates, a user with a password, an access list.
// Made anew for each hunt, good for nothing else.
#pragma once

#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::hunt {

inline constexpr char kUser[] = "hunter", kPassword[] = "right";

struct TestFiles {
  std::string certificate, key;  // PEM; the certificate has signed itself, so it is its own authority
  std::string passwords, access_list;
};

/// Writes them into `folder`, readable by all: a broker gives up its rights before it reads them.
[[nodiscard]] support::Result<TestFiles> WriteTestFiles(const std::string& folder);

/// A line of mosquitto's password file: PBKDF2 of SHA-512, as mosquitto_passwd writes it.
[[nodiscard]] std::string PasswordLine(const std::string& user, const std::string& password);

}  // namespace mqtrack::hunt

// What the chapters of the catalogue share: versions, and how operations are named.
#pragma once

#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "libtrack/hunt/script.h"

namespace mqtrack::hunt {

inline constexpr mqtt::Version kVersions[] = {mqtt::Version::k31, mqtt::Version::k311, mqtt::Version::k5};

[[nodiscard]] inline std::string LowerCase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Operations of one version whose names begin alike: "5.connect.".
class Chapter {
 public:
  Chapter(const std::string& name, mqtt::Version version, std::vector<Operation>& to)
      : begin_(std::string(version == mqtt::Version::k31    ? "31"
                           : version == mqtt::Version::k311 ? "311"
                                                            : "5") +
               "." + name + "."),
        version_(version),
        to_(to) {}
  [[nodiscard]] Script Begin(const std::string& name) const { return {begin_ + name, version_}; }
  void Add(Script script) const { to_.push_back(std::move(script).Take()); }

 private:
  std::string begin_;
  mqtt::Version version_;
  std::vector<Operation>& to_;
};

}  // namespace mqtrack::hunt

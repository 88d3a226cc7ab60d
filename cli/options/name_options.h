// Options on where the names of addresses come from.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "libtrack/symbolize/debug_server.h"
#include "libtrack/symbolize/symbolizer.h"

namespace mqtrack::cli {

class NameOptions {
 public:
  void AddTo(CLI::App& app, const std::string& group);
  /// With a server only if one was asked for. The same server each time, with what is left of its time.
  [[nodiscard]] const symbolize::Options& Symbols() const { return symbols_; }
  /// What was given, as words of a shell with a blank before each.
  [[nodiscard]] std::string Words() const;

 private:
  /// Throws CLI::ValidationError where there is no server to ask.
  void OpenServer();

  symbolize::Options symbols_;
  std::string server_;  // a URL, or that it is the one of the environment; empty: none is asked
  bool asks_for_all_ = false;
  static constexpr std::int64_t kSeconds = 90;
  std::int64_t seconds_ = kSeconds;
};

}  // namespace mqtrack::cli

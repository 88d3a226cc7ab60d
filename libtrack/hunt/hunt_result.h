// What a hunt has found, as plain data for reports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/hunt/growth.h"
#include "libtrack/hunt/operation.h"
#include "libtrack/hunt/site_names.h"

namespace mqtrack::hunt {

enum class Outcome : std::uint8_t {
  kClean,       // everything is as it was before
  kCache,       // what grew is a known cache that has a bound
  kNotSettled,  // something grew, and it cannot be told yet whether with the rounds
  kNotTried,    // and why
  kLeak,
  kCrash,  // the broker, or the client, ended
};
/// "leak".
[[nodiscard]] const char* OutcomeName(Outcome outcome);

struct LeakSite {
  log::Kind kind = log::Kind::kNone;
  SiteName name;
  Judgement judgement;
  bool has_table = false;  // besides what `judgement` counts, something grew along in steps there
};

struct OperationResult {
  const Operation* operation = nullptr;  // of the catalogue
  Outcome outcome = Outcome::kClean;
  std::string why;              // of kNotTried and kCrash
  std::vector<LeakSite> sites;  // what grew, the largest first; empty of kClean
  std::int64_t rounds = 0;      // played, without those of the warm-up
  double seconds = 0;           // that it took
};

struct HuntResult {
  std::string program;                      // "mosquitto"
  std::vector<OperationResult> operations;  // in the order of the catalogue
  std::vector<std::string> notes;
  double seconds = 0;
  /// Why the hunt ended before it had come to each operation; empty: it had.
  std::string cut_short;
  [[nodiscard]] std::int64_t Count(Outcome outcome) const;
};

/// Of HuntResult::cut_short, when the user ends the hunt.
inline constexpr char kInterrupted[] = "it was interrupted";

/// Those of `catalogue` that one of the patterns `only` means, or all; each not tried yet. An error: a pattern that
/// means none.
[[nodiscard]] support::Result<std::vector<OperationResult>> ChooseOperations(const std::vector<Operation>& catalogue,
                                                                             const std::vector<std::string>& only);

}  // namespace mqtrack::hunt

// Sentences that peeks and listings share.
#pragma once

#include <cstdint>
#include <string>

#include "libtrack/profile/profile.h"
#include "reports/code/code_options.h"

namespace mqtrack::reports {

/// "live bytes of after.pb.gz: 2 functions match 'store'".
[[nodiscard]] std::string CodeHeading(const profile::ValueType& type, std::size_t matching, const CodeOptions& options);

/// A value of the type; signed where the input is a difference.
[[nodiscard]] std::string CodeValue(std::int64_t value, const profile::ValueType& type, const CodeOptions& options);

/// "flat 4.9 KiB (94.3 %), cum 5 KiB (97 %) of 5.3 KiB".
[[nodiscard]] std::string FlatAndCum(std::int64_t flat, std::int64_t cum, std::int64_t total,
                                     const profile::ValueType& type, const CodeOptions& options);

/// "3 more functions match; -n 0 shows all", or nothing.
[[nodiscard]] std::string FunctionsLeftOut(std::size_t matching, const CodeOptions& options);

/// How many of `matching` functions are shown.
[[nodiscard]] std::size_t FunctionsShown(std::size_t matching, const CodeOptions& options);

}  // namespace mqtrack::reports

// Programs that are executed as another user load the recorder with that user's rights. (A broker that only gives up
// privileges, without executing anything, has loaded it before.)
#pragma once

#include <cstdint>
#include <string>

namespace mqtrack::cli {

/// Why a program that was executed as user `uid` could not load the recorder, and what to do, as the end of a sentence:
/// "user id 105 cannot read the recorder, since …". Empty if it could.
[[nodiscard]] std::string WhyUserCannotLoadRecorder(std::uint32_t uid);

}  // namespace mqtrack::cli

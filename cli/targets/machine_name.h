// What this machine is called where several report to one place.
#pragma once

#include <string>

namespace mqtrack::cli {

/// Its host name; "localhost" if it has none.
[[nodiscard]] std::string MachineName();

}  // namespace mqtrack::cli

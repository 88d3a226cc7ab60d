#include "cli/targets/machine_name.h"

#include <sys/utsname.h>

namespace mqtrack::cli {

std::string MachineName() {
  utsname names{};
  if (::uname(&names) != 0 || names.nodename[0] == '\0') return "localhost";
  return names.nodename;
}

}  // namespace mqtrack::cli

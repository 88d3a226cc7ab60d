// Why something could not be written, for an error's sentence.
#pragma once

#include <string>

namespace mqtrack::support {

/// What `error`, an errno, means. Of a file beyond the limit on file sizes (EFBIG, where SIGXFSZ is ignored), it names
/// the limit: the kernel's "File too large" says nothing of it.
[[nodiscard]] std::string WhyNotWritten(int error);

}  // namespace mqtrack::support

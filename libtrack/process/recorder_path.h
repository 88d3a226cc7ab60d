// Where the libraries are that a service is started under.
#pragma once

#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::process {

/// The recorder library that will be preloaded, or an error that lists where it was looked for.
[[nodiscard]] support::Result<std::string> FindRecorder(const std::string& preferred = {});

/// The path of the crash reporter, which lies beside `recorder`.
[[nodiscard]] support::Result<std::string> FindCrashReporter(const std::string& recorder);

/// The path of gperftools' CPU profiler, as the loader would find it; an error says what to install.
[[nodiscard]] support::Result<std::string> FindCpuProfiler();

}  // namespace mqtrack::process

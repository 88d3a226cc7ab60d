// The real path of a file, found without opening anything.
#pragma once

#include <cstddef>

namespace mqtrack::recorder {

/// Follows every symbolic link of `path`, as realpath does, and writes the absolute path. A relative `path` counts from
/// the working directory. False if there is no such file, or the path is too long.
///
/// Only getcwd and readlink, no descriptor: another thread of the service may at any moment close numbers that it does
/// not own (close_range) and open files of its own under them. realpath of the C library allocates.
[[nodiscard]] bool ResolvePath(const char* path, char* resolved, std::size_t capacity);

}  // namespace mqtrack::recorder

// Functions that do nothing but go on to another one, such as a library's exported name for what it calls otherwise
// itself.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace mqtrack::symbolize {

/// Where the function at `vaddr` goes, if `code`, all of it, is one direct jump (with or without the mark of a place
/// that may be jumped to). x86-64; nothing for any other code.
[[nodiscard]] std::optional<std::uint64_t> OnlyJump(std::span<const unsigned char> code, std::uint64_t vaddr);

}  // namespace mqtrack::symbolize

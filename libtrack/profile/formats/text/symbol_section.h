// The part "--- symbol" with which pprof's Perl versions (`jeprof --raw`, `google-pprof --raw`) let a profile carry its
// names to another machine. Written by PrintSymbolizedProfile of gperftools' and jemalloc's pprof.
#pragma once

#include <string>
#include <string_view>

#include "libtrack/profile/formats/text/address_names.h"
#include "libtrack/profile/formats/text/text_lines.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// True for the line that begins such a part.
[[nodiscard]] bool IsSymbolSection(std::string_view line);

/// Reads it, with the "---" that ends it; `lines` stands behind its first line. Addresses that it only repeats as names
/// stay nameless, and a name loses what the linker's table adds ("malloc<0000000000023910>", "@@GLIBCXX_3.4").
/// A file that ends in it is an error.
[[nodiscard]] support::Result<AddressNames> ReadSymbolSection(LineCursor& lines);

}  // namespace mqtrack::profile

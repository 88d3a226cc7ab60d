// C++ function names as a demangler prints them, cut down to what identifies a function to a reader.
// Names of other languages (C, Go, "module+0x1234") pass through unchanged.
#pragma once

#include <string>
#include <string_view>

namespace mqtrack::support {

/// Without return type, parameter lists and qualifiers; template arguments stay:
/// "void ns::Queue<int>::Push<long>(long) const" gives "ns::Queue<int>::Push<long>".
/// The convention of `go tool pprof`. Overloads share a name; their lines tell them apart.
[[nodiscard]] std::string QualifiedName(std::string_view demangled);

/// QualifiedName without template arguments, ABI tags, inline version namespaces (std::__1::, std::__cxx11::) and
/// compiler clone suffixes (".part.0", " [clone .cold]"): "ns::Queue::Push". What lists of functions are compared with.
[[nodiscard]] std::string BareName(std::string_view name);

}  // namespace mqtrack::support

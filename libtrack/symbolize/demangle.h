// Symbol names as readers know them.
#pragma once

#include <string>
#include <string_view>

namespace mqtrack::symbolize {

/// The readable form of a symbol: C++ demangled, without return type and parameters (support::QualifiedName), template
/// arguments kept, but std::string and its kind under their short names. Anything else is returned as it is. Never
/// fails: a name that is no valid mangling stays mangled.
[[nodiscard]] std::string ReadableName(std::string_view symbol);

/// The readable form of a type's name as std::type_info has it ("N3foo3BarE" is "foo::Bar"); empty if it is none.
[[nodiscard]] std::string ReadableTypeName(std::string_view mangled);

/// The shortening alone, for names that come demangled (from DWARF): "std::__cxx11::basic_string<char,
/// std::char_traits<char>, std::allocator<char> >" is "std::string", "> >" is ">>".
[[nodiscard]] std::string Tidy(std::string name);

}  // namespace mqtrack::symbolize

#include "libtrack/symbolize/demangle.h"

#include <cxxabi.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

#include "libtrack/support/cxx_name.h"

namespace mqtrack::symbolize {
namespace {

// The demangler's stack use grows with its input; real symbols stay far below.
constexpr std::size_t kMaxMangledBytes = 8192;

/// In one pass: a replacement in place moves the rest of a long name each time.
void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  std::size_t found = text.find(from);
  if (found == std::string::npos) return;
  std::string result;
  std::size_t at = 0;
  for (; found != std::string::npos; found = text.find(from, at)) {
    result.append(text, at, found - at).append(to);
    at = found + from.size();
  }
  text = result.append(text, at);
}

/// "A<B >" and "A<B<C> >" lose the space; a comparison among template arguments, "(a > b)", keeps it.
void RemoveSpacesBeforeClosing(std::string& name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool before_closing = name[i] == ' ' && i + 1 < name.size() && name[i + 1] == '>';
    const char behind = before_closing && i + 2 < name.size() ? name[i + 2] : '\0';
    const bool comparison = (behind == ' ' && (i + 3 >= name.size() || name[i + 3] != '>')) || behind == '=';
    if (!before_closing || comparison) result += name[i];
  }
  name = std::move(result);
}

/// Empty if it is no mangled name.
std::string Demangled(std::string_view mangled) {
  if (mangled.size() > kMaxMangledBytes) return {};
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> demangled(
      abi::__cxa_demangle(std::string(mangled).c_str(), nullptr, nullptr, &status), &std::free);
  return status != 0 || !demangled ? std::string() : std::string(demangled.get());
}

}  // namespace

std::string Tidy(std::string name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kShorter = {{
      {"[abi:cxx11]", ""},
      {"std::__cxx11::", "std::"},
      {"std::__1::", "std::"},
      {"std::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string"},
      {"std::basic_string<char, std::char_traits<char>, std::allocator<char>>", "std::string"},
      {"std::basic_string_view<char, std::char_traits<char> >", "std::string_view"},
  }};
  if (name.find_first_of("<[:") == std::string::npos) return name;
  for (const auto& [from, to] : kShorter) ReplaceAll(name, from, to);
  RemoveSpacesBeforeClosing(name);
  return name;
}

std::string ReadableName(std::string_view symbol) {
  if (!symbol.starts_with("_Z")) return std::string(symbol);
  const std::string name = Demangled(symbol);
  return name.empty() ? std::string(symbol) : Tidy(support::QualifiedName(name));
}

std::string ReadableTypeName(std::string_view mangled) {
  // The demangler takes functions and single letters too.
  if (mangled.size() < 2 || mangled.starts_with("_Z")) return {};
  return Tidy(Demangled(mangled));
}

}  // namespace mqtrack::symbolize

#include "libtrack/service/pprof/pprof_pages.h"

#include <charconv>
#include <vector>

#include "libtrack/profile/sample_types.h"
#include "libtrack/service/pprof/profile_views.h"
#include "libtrack/support/xml.h"

namespace mqtrack::service {
namespace {

using http::Response;

constexpr char kText[] = "text/plain; charset=utf-8";

Response Page(const char* type, std::string body) {
  Response response{200, {}, std::move(body)};
  response.Add("Content-Type", type).Add("X-Content-Type-Options", "nosniff");
  return response;
}

struct IndexRow {
  std::string_view profile;
  std::string_view counted;  // the sample type whose total is shown; empty: none
  const char* meaning;
};

const std::vector<IndexRow>& IndexRows() {
  static const std::vector<IndexRow> rows = {
      {kAllocs, profile::kAllocObjects, "All heap blocks since the recording began, by the stacks that made them"},
      {kHeap, profile::kInuseObjects,
       "Live heap blocks, exactly: gc=1 changes nothing. seconds=N: what changed in N seconds"},
      {profile::kGoroutine, profile::kThreads,
       "Current stacks of all threads, for which the process stops for some milliseconds"},
      {kThreadCreate, profile::kThreads, "The stacks that created threads"},
      {kSnapshot, "", "Everything that is counted, with its labels, as mqtrack snapshot writes it"},
      {"cmdline", "", "The command line of the process"},
      {"symbol", "", "Names of addresses"},
  };
  return rows;
}

std::string CountOf(const profile::Profile* snapshot, std::string_view type) {
  if (snapshot == nullptr || type.empty()) return "";
  const support::Result<std::size_t> column = profile::FindSampleType(*snapshot, std::string(type));
  return column ? std::to_string(profile::Total(*snapshot, *column)) : "not recorded";
}

/// The addresses of "0x4a1+0x4b2+12"; what is no number is passed over.
std::vector<std::uint64_t> ParseAddresses(std::string_view text) {
  constexpr std::size_t kMost = 10'000;
  std::vector<std::uint64_t> addresses;
  while (!text.empty() && addresses.size() < kMost) {
    std::string_view word = text.substr(0, text.find_first_of("+ "));
    text.remove_prefix(word.size() == text.size() ? word.size() : word.size() + 1);
    const bool is_hex = word.starts_with("0x") || word.starts_with("0X");
    if (is_hex) word.remove_prefix(2);
    std::uint64_t address = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), address, is_hex ? 16 : 10);
    if (error == std::errc() && end == word.data() + word.size() && address != 0) addresses.push_back(address);
  }
  return addresses;
}

/// A profile of nothing but these addresses, in the process's files.
profile::Profile ProfileOf(const std::vector<std::uint64_t>& addresses, const profile::Profile& snapshot) {
  profile::Profile wanted;
  wanted.mappings = snapshot.mappings;
  for (const std::uint64_t address : addresses) {
    profile::Location location;
    location.address = address;
    for (std::size_t i = 0; i < wanted.mappings.size(); ++i) {
      const profile::Mapping& mapping = wanted.mappings[i];
      if (address >= mapping.start && address < mapping.limit) location.mapping = static_cast<profile::MappingId>(i);
    }
    if (location.mapping != profile::MappingId::kNone) wanted.locations.push_back(std::move(location));
  }
  return wanted;
}

}  // namespace

Response PprofError(int status, const std::string& sentence) {
  Response response = http::ErrorResponse(status, sentence);
  return response.Add("X-Go-Pprof", "1");
}

Response IndexPage(const Target& target, const profile::Profile* snapshot) {
  const std::string name = support::EscapeXml(target.name);
  std::string body =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>/debug/pprof/ " + name +
      "</title>\n<style>body { font: 16px sans-serif; max-width: 60em; margin: 1em auto; padding: 0 1em; "
      "color-scheme: light dark; } td, th { padding: .2em .6em; text-align: left; } td:first-child { "
      "text-align: right; }</style>\n</head>\n<body>\n<h1>/debug/pprof/</h1>\n<p>" +
      name + ", process " + std::to_string(target.process.Pid()) +
      ". Set debug=1 as a query parameter to read a profile as text.</p>\n<table>\n"
      "<tr><th>Count</th><th>Profile</th><th>What it is</th></tr>\n";
  for (const IndexRow& row : IndexRows()) {
    const bool has_text = !row.counted.empty();
    const std::string profile(row.profile);
    body += "<tr><td>" + CountOf(snapshot, row.counted) + "</td><td><a href=\"" + profile +
            (has_text ? "?debug=1" : "") + "\">" + profile + "</a></td><td>" + row.meaning + "</td></tr>\n";
  }
  body += "</table>\n<p><a href=\"" + std::string(profile::kGoroutine) +
          "?debug=2\">full thread dump</a></p>\n</body>\n</html>\n";
  return Page("text/html; charset=utf-8", std::move(body));
}

Response CommandLinePage(const Target& target) {
  std::string body;
  for (const std::string& argument : target.process.facts.cmdline) {
    if (!body.empty()) body += '\0';
    body += argument;
  }
  return Page(kText, std::move(body));
}

Response SymbolPage(const http::Request& request, const profile::Profile* snapshot, const symbolize::Options& symbols) {
  std::string body = "num_symbols: 1\n";
  const std::size_t question = request.target.find('?');
  const std::string query = question == std::string::npos ? "" : request.target.substr(question + 1);
  const std::vector<std::uint64_t> addresses = ParseAddresses(request.method == "POST" ? request.body : query);
  if (snapshot != nullptr && !addresses.empty()) {
    profile::Profile wanted = ProfileOf(addresses, *snapshot);
    symbolize::Options options = symbols;
    options.known_names = nullptr;  // which is the snapshots'
    (void)symbolize::Symbolize(wanted, options);
    for (const profile::Location& location : wanted.locations) {
      if (location.lines.empty()) continue;
      char address[32];
      (void)std::snprintf(address, sizeof address, "0x%llx", static_cast<unsigned long long>(location.address));
      body += std::string(address) + " " + wanted.function(location.lines.back().function).name + "\n";
    }
  }
  return Page(kText, std::move(body));
}

}  // namespace mqtrack::service

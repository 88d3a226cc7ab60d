#include "libtrack/analysis/gate/baseline.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "libtrack/analysis/printable.h"
#include "libtrack/analysis/side.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/formats/load.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/file.h"

namespace mqtrack::analysis {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::string_view kSchema = "mqtrack-baseline/1";

std::string Dump(const OrderedJson& json) { return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace); }

Error BadInput(std::string text, const std::string& where) { return {ErrorCode::kBadInput, std::move(text), where}; }

/// Bytes and objects ever allocated follow the length of a run; as a baseline they would say nothing.
bool IsCumulative(std::string_view sample_type) {
  return log::IsCumulative(profile::SampleKindOf(sample_type).measure);
}

Status ReadString(const Json& object, const char* key, std::string& text, const std::string& where) {
  if (!object.contains(key)) return {};
  if (!object[key].is_string()) return BadInput(std::string(key) + " must be a string", where);
  text = object[key].get<std::string>();
  return {};
}

Status ReadTypes(const Json& root, SiteBaseline& baseline, const std::string& where) {
  if (!root.contains("sample_types") || !root["sample_types"].is_object()) {
    return BadInput("sample_types is missing or no object of units by type", where);
  }
  for (const auto& [type, unit] : root["sample_types"].items()) {
    if (!unit.is_string()) return BadInput("sample_types." + Printable(type) + " must be a string, its unit", where);
    baseline.sample_types.emplace(type, unit.get<std::string>());
  }
  return {};
}

Status ReadSite(const Json& entry, SiteBaseline& baseline, const std::string& where) {
  if (!entry.is_object()) return BadInput("expected an object", where);
  BaselineSite site;
  if (Status read = ReadString(entry, "function", site.function, where); !read) return read;
  if (Status read = ReadString(entry, "file", site.file, where); !read) return read;
  if (site.function.empty()) return BadInput("function is missing", where);
  if (!entry.contains("values") || !entry["values"].is_object())
    return BadInput("values is missing or no object", where);
  for (const auto& [type, value] : entry["values"].items()) {
    if (!value.is_number_integer()) return BadInput("values." + Printable(type) + " must be a whole number", where);
    if (!baseline.sample_types.contains(type)) {
      return BadInput("values." + Printable(type) + " is not among sample_types", where);
    }
    site.values.emplace(type, value.get<std::int64_t>());
  }
  baseline.sites.push_back(std::move(site));
  return {};
}

/// Left out where there are none.
Status ReadPassedOver(const Json& root, SiteBaseline& baseline, const std::string& where) {
  if (!root.contains("passed_over")) return {};
  if (!root["passed_over"].is_array()) return BadInput("passed_over must be a list", where);
  for (const Json& entry : root["passed_over"]) {
    AllocationLayer layer;
    const std::string here = where + ": passed_over";
    if (!entry.is_object()) return BadInput("expected objects", here);
    if (Status read = ReadString(entry, "function", layer.function, here); !read) return read;
    if (layer.function.empty()) return BadInput("function is missing", here);
    if (!entry.contains("callers") || !entry["callers"].is_number_unsigned()) {
      return BadInput("callers is missing or no whole number", here);
    }
    layer.callers = entry["callers"].get<std::size_t>();
    baseline.passed_over.push_back(std::move(layer));
  }
  return {};
}

Status ReadBaseline(const Json& root, SiteBaseline& baseline, const std::string& where) {
  std::string schema;
  if (!root.is_object()) return BadInput("expected a JSON object", where);
  if (Status read = ReadString(root, "schema", schema, where); !read) return read;
  if (schema != kSchema) {
    return BadInput("not a baseline: schema is " + Quoted(schema) + ", not \"" + std::string(kSchema) +
                        "\"; write one with mqtrack gate --write-baseline",
                    where);
  }
  if (Status read = ReadString(root, "program", baseline.program, where); !read) return read;
  if (Status read = ReadString(root, "build_id", baseline.build_id, where); !read) return read;
  if (root.contains("time_nanos")) {
    if (!root["time_nanos"].is_number_integer()) return BadInput("time_nanos must be a whole number", where);
    baseline.time_nanos = root["time_nanos"].get<std::int64_t>();
  }
  if (Status read = ReadTypes(root, baseline, where); !read) return read;
  if (Status read = ReadPassedOver(root, baseline, where); !read) return read;
  if (!root.contains("sites") || !root["sites"].is_array()) return BadInput("sites is missing or no list", where);
  for (std::size_t i = 0; i < root["sites"].size(); ++i) {
    const std::string site_where = where + ": sites[" + std::to_string(i) + "]";
    if (Status read = ReadSite(root["sites"][i], baseline, site_where); !read) return read;
  }
  return {};
}

}  // namespace

Result<SiteBaseline> MakeSiteBaseline(const profile::Profile& profile, const WrapperList& wrappers,
                                      std::vector<AllocationLayer> layers) {
  SiteBaseline baseline;
  WrapperList with_layers = wrappers;
  with_layers.Add(layers);
  baseline.passed_over = std::move(layers);
  const Side side = DescribeSide(profile);
  baseline.program = side.program;
  baseline.build_id = side.build_id;
  baseline.time_nanos = side.time_nanos;
  std::map<std::pair<std::string, std::string>, std::map<std::string, std::int64_t>> sites;
  for (const profile::ValueType& type : profile.sample_types) {
    if (IsCumulative(type.type)) continue;
    Result<SiteTable> table = TopSites(profile, with_layers, {type.type, Granularity::kFunction, {}});
    if (!table) return std::move(table).error();
    baseline.sample_types.emplace(type.type, type.unit);
    for (const Site& site : table->sites) {
      if (site.value == 0) continue;
      sites[{site.function, std::string(support::BaseName(site.file))}][type.type] = site.value;
    }
  }
  for (auto& [key, values] : sites) baseline.sites.push_back({key.first, key.second, std::move(values)});
  return baseline;
}

std::string EncodeSiteBaseline(const SiteBaseline& baseline) {
  const auto field = [](const char* key, const OrderedJson& value) {
    return "  \"" + std::string(key) + "\": " + Dump(value) + ",\n";
  };
  std::string text = "{\n" + field("schema", kSchema) + field("program", baseline.program) +
                     field("build_id", baseline.build_id) + field("time_nanos", baseline.time_nanos) +
                     field("sample_types", baseline.sample_types);
  if (!baseline.passed_over.empty()) {
    OrderedJson layers = OrderedJson::array();
    for (const AllocationLayer& layer : baseline.passed_over) {
      layers.push_back({{"function", layer.function}, {"callers", layer.callers}});
    }
    text += field("passed_over", layers);
  }
  text += "  \"sites\": [";
  const char* separator = "\n    ";
  for (const BaselineSite& site : baseline.sites) {
    OrderedJson entry;
    entry["function"] = site.function;
    if (!site.file.empty()) entry["file"] = site.file;
    entry["values"] = site.values;
    text += separator + Dump(entry);
    separator = ",\n    ";
  }
  return text + (baseline.sites.empty() ? "]\n}\n" : "\n  ]\n}\n");
}

Result<SiteBaseline> ParseSiteBaseline(std::string_view json, const std::string& where) {
  SiteBaseline baseline;
  try {
    if (Status read = ReadBaseline(Json::parse(json.begin(), json.end()), baseline, where); !read) return read.error();
  } catch (const std::exception& error) {
    return BadInput(JsonErrorText(error.what()), where);
  }
  return baseline;
}

Result<Baseline> LoadBaseline(const std::string& path) {
  Result<std::string> bytes = support::ReadFile(path);
  if (!bytes) return std::move(bytes).error();
  Baseline baseline;
  const std::size_t first = bytes->find_first_not_of(" \t\r\n");
  if (first != std::string::npos && (*bytes)[first] == '{') {
    Result<SiteBaseline> sites = ParseSiteBaseline(*bytes, path);
    if (!sites) return std::move(sites).error();
    baseline.sites = *std::move(sites);
    return baseline;
  }
  Result<profile::Profile> profile = profile::ParseProfile(*bytes, path);
  if (!profile) return std::move(profile).error();
  baseline.profile = *std::move(profile);
  return baseline;
}

}  // namespace mqtrack::analysis

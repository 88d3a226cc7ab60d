#include "libtrack/push/push_request.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "libtrack/support/byte_text.h"
#include "libtrack/support/utf8.h"

namespace mqtrack::push {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

std::string UrlEncoded(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                       byte == '-' || byte == '.' || byte == '_' || byte == '~';
    if (plain) {
      encoded += c;
    } else {
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

/// A value between the braces of an application's name, where some characters separate.
std::string PlainValue(const std::string& value) {
  std::string plain = support::ToUtf8(value);
  for (char& c : plain) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7f || std::string_view(",{}=\"'").find(c) != std::string_view::npos) c = '_';
  }
  return plain;
}

/// "mqtrack{service_name=mosquitto,machine=gw7}".
std::string ApplicationName(const PushPart& part) {
  std::string name = "mqtrack{service_name=" + PlainValue(part.service);
  for (const auto& [label, value] : part.labels) name += "," + label + "=" + PlainValue(value);
  return name + "}";
}

/// What Pyroscope shall do with each type. Added up over time, a state means nothing: it is averaged.
std::string TypeConfiguration(const PushPart& part) {
  ordered_json types = ordered_json::object();
  for (const profile::ValueType& type : part.types) {
    const bool bytes = type.unit == "bytes";
    types[type.type] = {{"units", bytes ? "bytes" : "objects"},
                        {"aggregation", part.is_state ? "average" : "sum"},
                        {"display-name", type.type},
                        {"sampled", false},
                        {"cumulative", false}};
  }
  return types.dump();
}

/// A line that separates the parts of a form, and stands in none of them.
std::string Boundary(const std::string& body) {
  std::string boundary = "mqtrack-part";
  while (body.find(boundary) != std::string::npos) boundary += "-" + std::to_string(body.size());
  return boundary;
}

PushRequest ForPyroscope(const std::string& base, const PushPart& part) {
  const std::string configuration = TypeConfiguration(part);
  const std::string boundary = Boundary(part.pprof + configuration);
  PushRequest request;
  request.url = base + "/ingest?name=" + UrlEncoded(ApplicationName(part)) +
                "&from=" + std::to_string(part.from_ns / kNanosPerSecond) +
                "&until=" + std::to_string(part.until_ns / kNanosPerSecond) + "&format=pprof&spyName=mqtrack";
  request.headers = {{"Content-Type", "multipart/form-data; boundary=" + boundary}};
  const auto add = [&](const char* name, const char* file, const char* type, const std::string& content) {
    request.body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + file +
                    "\"\r\nContent-Type: " + type + "\r\n\r\n" + content + "\r\n";
  };
  add("profile", "profile.pprof", "application/octet-stream", part.pprof);
  add("sample_type_config", "sample_type_config.json", "application/json", configuration);
  request.body += "--" + boundary + "--\r\n";
  return request;
}

PushRequest ForParca(const std::string& base, const PushPart& part) {
  ordered_json labels = ordered_json::array();
  const auto add = [&](const std::string& name, const std::string& value) {
    labels.push_back({{"name", name}, {"value", value}});
  };
  // A state and what was allocated are two metrics, since one has a duration.
  add("__name__", part.is_state ? "mqtrack" : "mqtrack_allocated");
  add("service_name", part.service);
  for (const auto& [name, value] : part.labels) add(name, value);
  const ordered_json sample = {{"raw_profile", support::EncodeBase64(part.pprof)}};
  const ordered_json series = {{"labels", {{"labels", labels}}}, {"samples", ordered_json::array({sample})}};
  const ordered_json document = {{"normalized", false}, {"series", ordered_json::array({series})}};
  PushRequest request;
  request.url = base + "/profiles/writeraw";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return request;
}

}  // namespace

PushRequest MakeRequest(Store store, const std::string& base, const PushPart& part) {
  std::string url = base;
  while (url.ends_with('/')) url.pop_back();
  return store == Store::kPyroscope ? ForPyroscope(url, part) : ForParca(url, part);
}

}  // namespace mqtrack::push

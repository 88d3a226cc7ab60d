#include "libtrack/topology/span_fields.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>
#include <utility>

#include "libtrack/topology/time_text.h"

namespace mqtrack::topology {
namespace {

constexpr std::uint8_t kNotSet = UINT8_MAX;
constexpr std::size_t kMostLinks = 16;
constexpr std::size_t kLongestService = 256;

std::string Lower(std::string_view text) {
  std::string lower(text.substr(0, 32));
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool IsErrorValue(std::string_view text) {
  const std::string value = Lower(text);
  return !(value.empty() || value == "ok" || value == "unset" || value == "false" || value == "0" || value == "none" ||
           value == "null");
}

bool IsErrorStatus(std::string_view text) {
  const std::string value = Lower(text);
  int number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc() && end == value.data() + value.size()) return number == 2 || (number >= 500 && number < 600);
  return value == "error" || value == "failed" || value == "failure" || value == "status_code_error" ||
         value == "statuscode.error";
}

SpanKind ParseKind(std::string_view text) {
  std::string value = Lower(text);
  for (const std::string_view prefix : {"span_kind_", "spankind."}) {
    if (value.starts_with(prefix)) value.erase(0, prefix.size());
  }
  if (value == "internal" || value == "1") return SpanKind::kInternal;
  if (value == "server" || value == "2") return SpanKind::kServer;
  if (value == "client" || value == "3") return SpanKind::kClient;
  if (value == "producer" || value == "4") return SpanKind::kProducer;
  if (value == "consumer" || value == "5") return SpanKind::kConsumer;
  return SpanKind::kUnknown;
}

std::int64_t TimeOf(std::string_view text, const double* real) {
  return real != nullptr ? NumberTime(*real) : ParseTime(text);
}

}  // namespace

void SpanFields::Clear() {
  record_ = {};
  end_ns_ = kUnknownTime;
  ranks_.fill(kNotSet);
}

bool SpanFields::MayBeAttribute(Field field) { return field == Field::kError || field == Field::kStatus; }

void SpanFields::AddLink(const SpanRecord::Link& link) {
  if (link.span.is_set() && record_.links.size() < kMostLinks) record_.links.push_back(link);
}

void SpanFields::SetDuration(const FieldKey& key, std::string_view text, const double* real) {
  record_.duration_ns = real != nullptr ? ScaledDuration(*real, key.unit_ns) : ParseSpanDuration(text, key.unit_ns);
}

void SpanFields::Set(const FieldKey& key, std::string_view text, const double* real) {
  std::uint8_t& rank = ranks_[static_cast<std::size_t>(key.field)];
  // What says that something failed counts wherever it stands.
  if (key.field == Field::kError) record_.is_error = record_.is_error || IsErrorValue(text);
  if (key.field == Field::kStatus) record_.is_error = record_.is_error || IsErrorStatus(text);
  if (text.empty() || key.rank >= rank) return;
  rank = key.rank;
  switch (key.field) {
    case Field::kTrace:
      record_.trace = ParseId(text);
      break;
    case Field::kSpan:
      record_.span = ParseId(text);
      break;
    case Field::kParent:
      record_.parent = ParseId(text);
      break;
    case Field::kService:
      record_.service = text.substr(0, kLongestService);
      break;
    case Field::kStart:
      record_.start_ns = TimeOf(text, real);
      break;
    case Field::kEnd:
      end_ns_ = TimeOf(text, real);
      break;
    case Field::kWritten:
      record_.written_ns = TimeOf(text, real);
      break;
    case Field::kDuration:
      SetDuration(key, text, real);
      break;
    case Field::kKind:
      record_.kind = ParseKind(text);
      break;
    case Field::kError:
    case Field::kStatus:
      break;
  }
}

bool SpanFields::Take(SpanRecord& record) {
  if (!record_.trace.is_set() || !record_.span.is_set()) return false;
  if (record_.duration_ns == kUnknownTime && record_.start_ns != kUnknownTime && end_ns_ >= record_.start_ns)
    record_.duration_ns = end_ns_ - record_.start_ns;
  record = std::move(record_);
  return true;
}

}  // namespace mqtrack::topology

#include "libtrack/topology/line_parser.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "libtrack/topology/span_fields.h"

namespace mqtrack::topology {
namespace {

// Paths in a batch of OpenTelemetry. Lists have no names of their own.
constexpr std::string_view kResource = "resourceSpans";
constexpr std::string_view kResourceAttribute = "resourceSpans.resource.attributes";
constexpr std::string_view kBatchSpan = "resourceSpans.scopeSpans.spans";
constexpr std::string_view kOldBatchSpan = "resourceSpans.instrumentationLibrarySpans.spans";
constexpr std::string_view kSpanAttribute = ".attributes";
constexpr std::string_view kSpanLink = ".links";

constexpr std::size_t kLongestPath = 128;  // of names that can mean something

}  // namespace

// Follows nlohmann's events. `path_` is where the parser is; each open object and key is a piece of it.
class LineParser::Handler : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Handler(const FieldNames& names) : names_(names) {}

  void Begin() {
    path_.clear();
    lengths_.clear();
    records_.clear();
    flat_.Clear();
    batch_.Clear();
    attribute_ = {};
    resource_service_.clear();
    first_of_resource_ = 0;
    without_service_ = 0;
    problem_.clear();
  }

  bool null() override { return true; }
  bool boolean(bool value) override { return Scalar(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return Number(value); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= static_cast<number_unsigned_t>(INT64_MAX)) return Number(static_cast<std::int64_t>(value));
    return Scalar(std::to_string(value));
  }
  bool number_float(number_float_t value, const string_t& text) override {
    real_ = value;
    is_real_ = true;
    const bool go_on = Scalar(text);
    is_real_ = false;
    return go_on;
  }
  bool string(string_t& value) override { return Scalar(value); }
  bool binary(binary_t& /*value*/) override { return true; }

  bool start_object(std::size_t /*elements*/) override {
    Open();
    if (IsBatchSpan(path_)) batch_.Clear();
    return true;
  }
  bool key(string_t& name) override {
    path_.resize(lengths_.empty() ? 0 : lengths_.back());
    if (path_.size() < kLongestPath) {
      if (!path_.empty()) path_ += '.';
      path_ += name;
    }
    return true;
  }
  bool end_object() override {
    path_.resize(lengths_.back());
    lengths_.pop_back();
    EndObject();
    return true;
  }
  bool start_array(std::size_t /*elements*/) override {
    Open();
    return true;
  }
  bool end_array() override {
    path_.resize(lengths_.back());
    lengths_.pop_back();
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& error) override {
    const std::string text = error.what();
    const std::size_t dash = text.find(" - ");
    const std::size_t bracket = text.find("] ");
    const std::size_t from = dash != std::string::npos ? dash + 3 : bracket != std::string::npos ? bracket + 2 : 0;
    problem_ = "byte " + std::to_string(position) + ": " + text.substr(from);
    return false;
  }

  [[nodiscard]] LineKind Kind() const {
    if (!records_.empty()) return LineKind::kSpans;
    return without_service_ > 0 ? LineKind::kNoService : LineKind::kOther;
  }

  std::vector<SpanRecord> records_;
  std::int64_t without_service_ = 0;
  std::string problem_;

 private:
  static bool IsBatchSpan(std::string_view path) { return path == kBatchSpan || path == kOldBatchSpan; }
  // The part of `path_` below a span of a batch, "" if it is elsewhere.
  [[nodiscard]] std::string_view BelowSpan() const {
    for (const std::string_view span : {kBatchSpan, kOldBatchSpan}) {
      if (path_.size() > span.size() && path_[span.size()] == '.' && path_.starts_with(span))
        return std::string_view(path_).substr(span.size());
    }
    return {};
  }

  void Open() { lengths_.push_back(path_.size()); }

  bool Number(std::int64_t value) {
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    (void)error;
    return Scalar({digits, static_cast<std::size_t>(end - digits)});
  }

  bool Scalar(std::string_view text) {
    const std::string_view below = BelowSpan();
    if (!below.empty()) {
      BatchValue(below, text);
    } else if (path_.starts_with(kResourceAttribute)) {
      AttributeValue(std::string_view(path_).substr(kResourceAttribute.size()), text);
    } else if (!path_.empty() && path_.size() < kLongestPath) {
      if (const FieldKey* key = names_.Find(path_)) flat_.Set(*key, text, is_real_ ? &real_ : nullptr);
    }
    return true;
  }

  void BatchValue(std::string_view below, std::string_view text) {
    if (below.starts_with(kSpanAttribute)) {
      AttributeValue(below.substr(kSpanAttribute.size()), text);
    } else if (below.starts_with(kSpanLink)) {
      if (below == ".links.traceId") link_.trace = ParseId(text);
      if (below == ".links.spanId") link_.span = ParseId(text);
    } else if (const FieldKey* key = names_.Find(below.substr(1))) {
      batch_.Set(*key, text, is_real_ ? &real_ : nullptr);
    }
  }

  // {"key": "service.name", "value": {"stringValue": "broker"}}
  void AttributeValue(std::string_view below, std::string_view text) {
    if (below == ".key") attribute_.key = text;
    if (below.starts_with(".value.")) attribute_.value = text;
  }

  void EndObject() {
    const std::string_view below = BelowSpan();
    if (below == kSpanAttribute) {
      if (const FieldKey* key = names_.Find(attribute_.key); key != nullptr && SpanFields::MayBeAttribute(key->field))
        batch_.Set(*key, attribute_.value, nullptr);
      attribute_ = {};
    } else if (below == kSpanLink) {
      batch_.AddLink(link_);
      link_ = {};
    } else if (path_ == kResourceAttribute) {
      const FieldKey* key = names_.Find(attribute_.key);
      if (key != nullptr && key->field == Field::kService) resource_service_ = attribute_.value;
      attribute_ = {};
    } else if (IsBatchSpan(path_)) {
      if (batch_.Take(scratch_)) records_.push_back(std::move(scratch_));
    } else if (path_ == kResource) {
      EndResource();
    } else if (path_.empty() && lengths_.size() <= 1) {
      EndFlat();
    }
  }

  // The resource may be named behind its spans.
  void EndResource() {
    std::size_t kept = first_of_resource_;
    for (std::size_t i = first_of_resource_; i < records_.size(); ++i) {
      if (records_[i].service.empty()) records_[i].service = resource_service_;
      if (records_[i].service.empty()) {
        ++without_service_;
      } else {
        if (kept != i) records_[kept] = std::move(records_[i]);
        ++kept;
      }
    }
    records_.resize(kept);
    first_of_resource_ = kept;
    resource_service_.clear();
  }

  void EndFlat() {
    if (flat_.Take(scratch_)) {
      if (scratch_.service.empty()) {
        ++without_service_;
      } else {
        records_.push_back(std::move(scratch_));
      }
    }
    flat_.Clear();
    first_of_resource_ = records_.size();
  }

  SpanFields flat_, batch_;
  const FieldNames& names_;
  std::string path_;
  std::vector<std::size_t> lengths_;  // of path_ around each open object and list
  struct Attribute {
    std::string key, value;
  } attribute_;
  SpanRecord::Link link_;
  SpanRecord scratch_;
  std::string resource_service_;
  std::size_t first_of_resource_ = 0;
  double real_ = 0;
  bool is_real_ = false;
};

LineParser::LineParser(const FieldNames& names) : handler_(std::make_unique<Handler>(names)) {}
LineParser::~LineParser() = default;

LineKind LineParser::Parse(std::string_view line) {
  handler_->Begin();
  if (!nlohmann::json::sax_parse(line.begin(), line.end(), handler_.get())) {
    handler_->records_.clear();
    return LineKind::kBroken;
  }
  return handler_->Kind();
}

const std::vector<SpanRecord>& LineParser::records() const { return handler_->records_; }
std::int64_t LineParser::without_service() const { return handler_->without_service_; }
const std::string& LineParser::problem() const { return handler_->problem_; }

}  // namespace mqtrack::topology

#include "libtrack/figures/exposition.h"

#include <charconv>
#include <cmath>

#include "libtrack/support/utf8.h"

namespace mqtrack::figures {
namespace {

constexpr double kLargestWhole = 9007199254740992;  // 2^53

/// Of a label's value, or a line of help: both formats know no other escapes.
std::string Escape(std::string_view text, bool is_label) {
  std::string escaped;
  for (const char c : support::ToUtf8(text)) {
    if (c == '\\') {
      escaped += "\\\\";
    } else if (c == '\n') {
      escaped += "\\n";
    } else if (c == '"' && is_label) {
      escaped += "\\\"";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

void AppendLabel(std::string& list, const std::string& name, const std::string& value) {
  list += (list.empty() ? "" : ",") + name + "=\"" + Escape(value, true) + "\"";
}

std::string SampleLine(const Figure& figure, const std::string& process) {
  std::string labels;
  if (!process.empty()) AppendLabel(labels, "process", process);
  for (const auto& [name, value] : figure.labels) AppendLabel(labels, name, value);
  if (!labels.empty()) labels = "{" + labels + "}";
  return figure.kind->SampleName() + labels + " " + NumberText(figure.value) + "\n";
}

std::string Heading(const FigureKind& kind, Exposition format) {
  const bool is_open = format == Exposition::kOpenMetrics;
  const std::string name = is_open ? kind.name : kind.SampleName();
  const FigureType type = !is_open && kind.type == FigureType::kInfo ? FigureType::kGauge : kind.type;
  std::string lines = "# HELP " + name + " " + Escape(kind.meaning, is_open) + "\n";
  lines += "# TYPE " + name + " " + std::string(TypeName(type)) + "\n";
  if (is_open && !kind.unit.empty()) lines += "# UNIT " + name + " " + kind.unit + "\n";
  return lines;
}

}  // namespace

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == std::floor(value) && std::fabs(value) < kLargestWhole) {
    return std::to_string(static_cast<long long>(value));
  }
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return error == std::errc() ? std::string(text, end) : "NaN";
}

std::string_view ContentType(Exposition format) {
  return format == Exposition::kOpenMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                            : "text/plain; version=0.0.4; charset=utf-8";
}

std::string RenderExposition(const std::vector<TargetFigures>& targets, Exposition format) {
  std::string text;
  for (const FigureKind& kind : FigureKinds()) {
    std::string samples;
    for (const TargetFigures& target : targets) {
      for (const Figure* figure : target.figures.Of(kind)) samples += SampleLine(*figure, target.process);
    }
    if (!samples.empty()) text += Heading(kind, format) + samples;
  }
  if (format == Exposition::kOpenMetrics) text += "# EOF\n";
  return text;
}

}  // namespace mqtrack::figures

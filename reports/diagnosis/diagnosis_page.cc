#include "reports/diagnosis/diagnosis_page.h"

#include <string_view>

#include "libtrack/support/units.h"
#include "reports/diagnosis/diagnosis_text.h"
#include "reports/diagnosis/html_text.h"
#include "reports/diagnosis/page_sections.h"
#include "reports/diagnosis/verdict_cards.h"
#include "reports/text/memory_line.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {

extern const std::string_view kDiagnosisPageStyle;
extern const std::string_view kDiagnosisPageScript;

namespace {

using verdicts::Diagnosis;

/// The policy holds a browser to what the page is: nothing is fetched, whatever a name in it might say.
constexpr std::string_view kHead =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data:; frame-src data:\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n";

std::string Section(const char* id, const char* title, const std::string& content) {
  if (content.empty()) return {};
  return "<section id=\"" + std::string(id) + "\" aria-labelledby=\"" + id + "-title\">\n<h2 id=\"" + id + "-title\">" +
         title + "</h2>\n" + content + "</section>\n";
}

std::string Sentence(const char* label, const std::string& text) {
  return text.empty() ? "" : Element("li", "", Element("strong", "", label) + " " + Html(text) + ".");
}

std::string Heading(const Diagnosis& diagnosis) {
  const analysis::Side &first = diagnosis.sides.front(), &last = diagnosis.sides.back();
  const std::string sentences =
      Sentence("Memory:", diagnosis.is_of_survivors ? "" : MemorySentence(first.memory, last.memory)) +
      Sentence("Allocator:", AllocatorSentence(diagnosis)) +
      Sentence("Forecast:", diagnosis.forecast ? ForecastSentence(*diagnosis.forecast) : "");
  return "<header class=\"top\">\n<p class=\"eyebrow\">mqtrack diagnosis</p>\n<h1>" + Html(DiagnosisTitle(diagnosis)) +
         "</h1>\n" + DrawVerdictCounts(diagnosis) + (sentences.empty() ? "" : Element("ul", "sentences", sentences)) +
         "\n</header>\n";
}

/// As an address: what has a meaning there is written as its number.
std::string DataAddress(std::string_view svg) {
  constexpr std::string_view kMeaning = "%#\"&<>'\\^`{|}";
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string address = "data:image/svg+xml;charset=utf-8,";
  for (const char c : svg) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F && kMeaning.find(c) == std::string_view::npos) {
      address += c;
    } else {
      address.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return address;
}

/// In a frame, since its style and its script are made for a document of their own.
std::string Flame(const Diagnosis& diagnosis, const DiagnosisOptions& options) {
  if (options.flame_svg.empty()) return {};
  const char* what = diagnosis.is_of_survivors ? "Live bytes, with those of the first generation as what was before"
                                               : "Live bytes, the last snapshot against the first";
  return Element("p", "dim", std::string(what) + ": red grew, blue shrank.") +
         "\n<iframe class=\"flame\" title=\"Flame graph of growth\" src=\"" + DataAddress(options.flame_svg) +
         "\"></iframe>\n";
}

}  // namespace

std::string RenderDiagnosisPage(const Diagnosis& diagnosis, const DiagnosisOptions& options) {
  std::string page(kHead);
  page.append("<title>").append(Html(DiagnosisTitle(diagnosis))).append("</title>\n<style>\n");
  page.append(kDiagnosisPageStyle).append("</style>\n</head>\n<body>\n<main>\n").append(Heading(diagnosis));
  page += Section("verdicts", "Verdicts", DrawVerdictCards(diagnosis, options) + DrawNeedsNobody(diagnosis));
  page += Section("over-time", "Over time", DrawResources(diagnosis));
  page += Section("work", "Work done meanwhile", DrawWork(diagnosis));
  page += Section("owners", "Who owns the growth", DrawOwners(diagnosis));
  page += Section("growth", "Where growth comes from", Flame(diagnosis, options));
  page += Section("measured", "How this was measured", DrawMeasurement(diagnosis, options));
  return page.append("</main>\n<script>\n").append(kDiagnosisPageScript).append("</script>\n</body>\n</html>\n");
}

}  // namespace mqtrack::reports

#include "reports/diagnosis/html_text.h"

#include "libtrack/support/xml.h"
#include "reports/picture/picture_text.h"

namespace mqtrack::reports {

std::string Html(std::string_view text) { return support::EscapeXml(CleanText(text)); }

std::string HtmlName(std::string_view text) {
  std::string html;
  std::size_t begin = 0;
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    const bool may_break = (text[at] == ':' && text[at + 1] == ':') || text[at] == '/' || text[at] == '_';
    if (!may_break) continue;
    const std::size_t end = at + (text[at] == ':' ? 2 : 1);
    html += Html(text.substr(begin, end - begin)) + "<wbr>";
    begin = end;
    at = end - 1;
  }
  return html + Html(text.substr(begin));
}

std::string Element(std::string_view tag, std::string_view classes, std::string_view content) {
  std::string html = "<";
  html.append(tag);
  if (!classes.empty()) html.append(" class=\"").append(classes).append("\"");
  return html.append(">").append(content).append("</").append(tag).append(">");
}

}  // namespace mqtrack::reports

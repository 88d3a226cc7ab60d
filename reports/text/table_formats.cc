#include "reports/text/table_formats.h"

#include "reports/text/json_table.h"
#include "reports/text/markdown_table.h"
#include "reports/text/text_table.h"

namespace mqtrack::reports {

const std::vector<TableFormat>& TableFormats() {
  static const std::vector<TableFormat> formats = {
      {"text", {}, true, &RenderText},
      {"json", {"json"}, false, &RenderJson},
      {"markdown", {"md"}, false, &RenderMarkdown},
  };
  return formats;
}

const TableFormat& FindTableFormat(std::string_view name) {
  for (const TableFormat& format : TableFormats()) {
    if (format.name == name) return format;
  }
  return TableFormats().front();
}

}  // namespace mqtrack::reports

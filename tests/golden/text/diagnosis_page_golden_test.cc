#include <gtest/gtest.h>

#include "reports/diagnosis/diagnosis_page.h"
#include "tests/golden/text/golden_file.h"
#include "tests/unit/reports/sample_diagnosis.h"

namespace mqtrack::testing {
namespace {

/// Without the style, which is a file of its own.
TEST(DiagnosisPageGolden, Small) {
  const std::string page = reports::RenderDiagnosisPage(SampleDiagnosis(), SampleDiagnosisOptions());
  const std::size_t begin = page.find("<main>"), end = page.find("<script>");
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  ExpectGolden("diagnosis_page.html", page.substr(begin, end - begin));
}

}  // namespace
}  // namespace mqtrack::testing

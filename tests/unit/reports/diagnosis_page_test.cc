#include "reports/diagnosis/diagnosis_page.h"

#include <gtest/gtest.h>

#include "tests/unit/reports/sample_diagnosis.h"

namespace mqtrack::reports {
namespace {

using verdicts::Diagnosis;

std::string PageOf(const Diagnosis& diagnosis) {
  return RenderDiagnosisPage(diagnosis, testing::SampleDiagnosisOptions());
}

bool Says(const std::string& page, std::string_view text) { return page.find(text) != std::string::npos; }

TEST(DiagnosisPage, ShowsNothingOverTimeThatOneSnapshotKnowsOnce) {
  Diagnosis diagnosis = testing::SampleDiagnosis();
  EXPECT_TRUE(Says(PageOf(diagnosis), "Resident memory"));
  EXPECT_TRUE(Says(PageOf(diagnosis), "MQTT packet"));
  diagnosis.is_of_survivors = true;
  for (analysis::Side& side : diagnosis.sides) side.time_nanos = 0;
  const std::string page = PageOf(diagnosis);
  EXPECT_FALSE(Says(page, "Resident memory"));
  EXPECT_FALSE(Says(page, "MQTT packet"));
  EXPECT_FALSE(Says(page, "retained messages"));
  EXPECT_FALSE(Says(page, "snapshot 2")) << "its stretches are no snapshots";
  EXPECT_TRUE(Says(page, "stretch 2"));
  EXPECT_TRUE(Says(page, "by what is left of its generations"));
}

TEST(DiagnosisPage, OfNothingThatGrewSaysSo) {
  Diagnosis diagnosis = testing::SampleDiagnosis();
  diagnosis.sites.clear();
  EXPECT_TRUE(Says(PageOf(diagnosis), "Nothing grew that anybody has to look at."));
  EXPECT_TRUE(Says(PageOf(diagnosis), "no leak"));
}

TEST(DiagnosisPage, DoesNotShowAsZeroWhatIsNotKnown) {
  Diagnosis diagnosis = testing::SampleDiagnosis();
  for (analysis::Side& side : diagnosis.sides) side.memory = {};
  diagnosis.work.is_known = false;
  const std::string page = PageOf(diagnosis);
  EXPECT_FALSE(Says(page, "Resident memory"));
  EXPECT_FALSE(Says(page, "MQTT packet"));
  EXPECT_TRUE(Says(page, "not known"));
}

TEST(DiagnosisPage, CutsRowsAndSaysHowMany) {
  DiagnosisOptions options = testing::SampleDiagnosisOptions();
  options.rows = 1;
  EXPECT_TRUE(Says(RenderDiagnosisPage(testing::SampleDiagnosis(), options), "And 3 more sites"));
}

TEST(DiagnosisPage, AFrameHoldsThePictureAndNotItsMarkup) {
  DiagnosisOptions options = testing::SampleDiagnosisOptions();
  options.flame_svg = "<svg><style>\"%#&</style></svg>";
  const std::string page = RenderDiagnosisPage(testing::SampleDiagnosis(), options);
  EXPECT_TRUE(
      Says(page, "src=\"data:image/svg+xml;charset=utf-8,%3Csvg%3E%3Cstyle%3E%22%25%23%26%3C/style%3E%3C/svg%3E\""));
}

}  // namespace
}  // namespace mqtrack::reports

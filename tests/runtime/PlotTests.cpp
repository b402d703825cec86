// SPDX-License-Identifier: MIT
#include "runtime/plots/Axes.h"
#include "runtime/plots/DensityPlot.h"
#include "runtime/plots/LossPlot.h"
#include "runtime/plots/Png.h"
#include "tests/runtime/Support.h"

#include <cmath>

using namespace flowc::runtime;

namespace {

/// Tags balanced, attributes quoted, no stray `&` or `<`: as much of XML as an SVG of ours uses.
std::string xmlProblem(std::string_view text) {
  std::vector<std::string> open;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '&' && text.substr(at, 5) != "&amp;" && text.substr(at, 4) != "&lt;" &&
        text.substr(at, 4) != "&gt;" && text.substr(at, 6) != "&quot;")
      return "stray &";
    if (text[at] != '<') {
      ++at;
      continue;
    }
    size_t end = text.find('>', at);
    if (end == text.npos)
      return "tag without end";
    std::string_view tag = text.substr(at + 1, end - at - 1);
    if (tag.find('<') != tag.npos || std::count(tag.begin(), tag.end(), '"') % 2)
      return "broken tag " + std::string(tag.substr(0, 40));
    std::string name(tag.substr(tag[0] == '/', tag.find_first_of(" /\n", 1) - (tag[0] == '/')));
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1))
        return "unexpected end of " + std::string(tag);
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(std::string(tag.substr(0, tag.find_first_of(" \n"))));
    }
    at = end + 1;
  }
  return open.empty() ? "" : "unclosed " + open.back();
}

} // namespace

TEST_CASE("axes have round ticks") {
  Axis axis = makeAxis(0.03, 0.97, 5, true);
  CHECK(axis.low == 0);
  CHECK(axis.high == Approx(1));
  CHECK(axis.label(axis.ticks[1]) == "0.2");
  CHECK(makeAxis(2, 2, 5, true).ticks.size() > 2);
  CHECK(makeAxis(-1e-9, 1e-9, 4, false).ticks.size() > 2);
  CHECK(makeAxis(-3, 3, 5, false).label(-2) == "−2");
}

TEST_CASE("the loss plot is sound XML, also for one epoch and odd names") {
  std::vector<EpochReport> epochs;
  for (int i = 1; i <= 60; ++i) {
    EpochReport epoch;
    epoch.epoch = i;
    epoch.trainLoss = 1 + 3 * std::exp(-i / 8.0);
    epoch.validLoss = epoch.trainLoss + 0.05;
    epoch.isBest = true;
    epochs.push_back(epoch);
    if (i == 1 || i == 60)
      CHECK(xmlProblem(lossPlot("a<b>&\"c\"", "<loss>", epochs)) == "");
  }
  for (EpochReport &epoch : epochs)
    epoch.validLoss = NAN;
  std::string plot = lossPlot("x", "loss", epochs);
  CHECK(xmlProblem(plot) == "");
  CHECK(plot.find("nan") == std::string::npos);
}

TEST_CASE("the density plot is sound XML and holds a PNG") {
  DensityPicture picture{"x", {0, 0, 1, 1, 0.5, 0.2}, {}, [](std::span<const double> points) {
                           std::vector<double> density;
                           for (size_t i = 0; i < points.size(); i += 2)
                             density.push_back(-points[i] * points[i] - points[i + 1] * points[i + 1]);
                           return density;
                         }};
  std::string plot = densityPlot(picture);
  CHECK(xmlProblem(plot) == "");
  CHECK(plot.find("data:image/png;base64,iVBORw0KGgo") != std::string::npos);
  picture.data = picture.samples;
  CHECK(xmlProblem(densityPlot(picture)) == "");
}

TEST_CASE("base64") {
  CHECK(encodeBase64("") == "");
  CHECK(encodeBase64("f") == "Zg==");
  CHECK(encodeBase64("fo") == "Zm8=");
  CHECK(encodeBase64("foo") == "Zm9v");
  CHECK(encodeBase64("foobar") == "Zm9vYmFy");
}

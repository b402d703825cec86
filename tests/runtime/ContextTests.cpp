// SPDX-License-Identifier: MIT
//
// Conditional models: contexts on their way from files and options to the kernels' tiles.
#include "runtime/data/Table.h"
#include "tests/runtime/Support.h"

#include <cmath>

using namespace flowc::runtime;

namespace {

const std::vector<double> Parameters = {0.1, -0.2, 0.5, -0.5, 0.3};

flowc::Model<double> makeModel(const CompiledModel &compiled) {
  flowc::Model<double> model(compiled.api());
  model.set_parameters(Parameters);
  return model;
}

/// By how much the mock moves its first feature.
double movedBy(const std::vector<double> &context, size_t row) { return context[2 * row] + 2 * context[2 * row + 1]; }

struct ConditionalFixture {
  ConditionalFixture() {
    makeModelDirectory(numbers, "mock_context");
    makeModelDirectory(labels, "mock_label");
    makeModelDirectory(plain, "mock");
    std::string x, label, context;
    for (int i = 0; i < 300; ++i) {
      x += fmt::format("{},{}\n", std::sin(i) + i % 3, std::cos(i));
      label += fmt::format("{}\n", i % 3);
      context += fmt::format("{},{}\n", i % 3, 0.5);
    }
    files.write("x.csv", x);
    files.write("label.csv", "label\n" + label);
    files.write("context.csv", context);
  }
  CommandResult run(const TemporaryFolder &model, const std::string &arguments) const {
    return runCommand(fmt::format("cd {} && {}/model {}", files.path, model.path, arguments));
  }
  /// The command fails with the code and says so, in one line.
  void fails(const TemporaryFolder &model, const std::string &arguments, int code, const std::string &message) const {
    CommandResult result = run(model, arguments);
    INFO(arguments << "\n" << result.output);
    CHECK(result.exitCode == code);
    CHECK_THAT(result.output, Catch::Contains(message));
    CHECK(std::count(result.output.begin(), result.output.end(), '\n') == 1);
  }

  TemporaryFolder numbers, labels, plain, files;
};

} // namespace

TEST_CASE("every row is given its own context, in batches of any size") {
  CompiledModel compiled = openMock("mock_context"), unmoved = openMock();
  flowc::Model<double> model = makeModel(compiled), reference = makeModel(unmoved);
  CHECK(model.context() == 2);
  CHECK(compiled.api()->labels == 0);
  for (size_t rows : {0, 1, 63, 64, 65, 200}) {
    std::vector<double> x, context, shifted;
    for (size_t row = 0; row < rows; ++row) {
      context.insert(context.end(), {std::sin(double(row)), 0.1 * double(row)});
      x.insert(x.end(), {std::cos(double(row)), std::sin(2.0 * double(row))});
    }
    // The mock without a context, of x0 less what the context adds; its second feature follows from x0 as it was.
    shifted = x;
    for (size_t row = 0; row < rows; ++row) {
      shifted[2 * row] -= movedBy(context, row);
      shifted[2 * row + 1] -= Parameters[4] * movedBy(context, row);
    }
    std::vector<double> found = model.log_prob(x, context), expected = reference.log_prob(shifted);
    REQUIRE(found.size() == rows);
    for (size_t row = 0; row < rows; ++row)
      CHECK(found[row] == Approx(expected[row]).epsilon(1e-12));
    std::vector<double> z = model.to_latent(x, {}, context), back = model.to_data(z, {}, context);
    for (size_t i = 0; i < x.size(); ++i)
      CHECK(back[i] == Approx(x[i]).margin(1e-12));
    std::vector<double> gradient(5);
    CHECK(model.gradient(x, gradient, {}, context) == found);
    std::vector<double> samples = model.sample(int64_t(rows), 3, 0, {}, context), plain = reference.sample(int64_t(rows), 3);
    for (size_t row = 0; row < rows; ++row)
      CHECK(samples[2 * row] == Approx(plain[2 * row] + movedBy(context, row)).margin(1e-12));
  }
}

TEST_CASE("labels are numbers outside and rows of a tile inside") {
  CompiledModel compiled = openMock("mock_label");
  flowc::Model<double> model = makeModel(compiled);
  CHECK(model.context() == 1);
  CHECK(compiled.api()->labels == 3);
  std::vector<double> label, zeros(130), unmoved;
  for (int row = 0; row < 65; ++row)
    label.push_back(row % 3);
  std::vector<double> z = model.to_latent(zeros, {}, label);
  for (int row = 0; row < 65; ++row)
    CHECK(z[size_t(2 * row)] == Approx((0 - 0.5 - (row % 3 + 1)) * std::exp(-0.1)));
}

TEST_CASE("a context that does not fit is refused by the interface") {
  CompiledModel conditional = openMock("mock_context"), label = openMock("mock_label"), plain = openMock();
  flowc::Model<double> numbers = makeModel(conditional), labels = makeModel(label), none = makeModel(plain);
  std::vector<double> x(4), two(2), four(4);
  CHECK_THROWS_WITH(numbers.log_prob(x), Catch::Contains("was given no context"));
  CHECK_THROWS_WITH(numbers.log_prob(x, two), Catch::Contains("the context has 2 numbers; expected 2 for each of 2 rows"));
  CHECK_THROWS_WITH(none.log_prob(x, two), Catch::Contains("not conditional"));
  CHECK(numbers.log_prob(x, four).size() == 2);
  for (double wrong : {3.0, -1.0, 0.5, std::nan(""), HUGE_VAL, -0.1})
    CHECK_THROWS_WITH(labels.log_prob(x, std::vector<double>{0, wrong}), Catch::Contains("a label is not a whole number"));
  CHECK(labels.log_prob(x, std::vector<double>{0, 2}).size() == 2);
  CHECK(numbers.log_prob({}).empty());
}

TEST_CASE_METHOD(ConditionalFixture, "commands take contexts from files and options") {
  CommandResult trained = run(labels, "train --data x.csv --context label.csv --epochs 3 --run-dir r");
  INFO(trained.output);
  REQUIRE(trained.exitCode == 0);
  CHECK(run(labels, "train --data x.csv --context label.csv --resume r --epochs 4").exitCode == 0);
  CHECK(run(labels, "train --data x.csv --context label.csv --valid x.csv --valid-context label.csv --epochs 1 --run-dir v").exitCode == 0);
  CHECK(run(numbers, "train --data x.csv --context context.csv --epochs 1 --run-dir n").exitCode == 0);
  CHECK(run(labels, "log-prob --data x.csv --context label.csv -o lp.csv").exitCode == 0);
  // Labels are often an array of one dimension.
  std::vector<double> array;
  for (int i = 0; i < 300; ++i)
    array.push_back(i % 3);
  REQUIRE(!writeTable<double>(files.file("label.npy"), array, 300, 0));
  CHECK(run(labels, "log-prob --data x.csv --context label.npy -o lp_npy.csv && cmp lp.csv lp_npy.csv").exitCode == 0);
  CHECK(run(labels, "log-prob --data x.csv --label 2").exitCode == 0);
  CHECK(run(numbers, "log-prob --data x.csv --context-values=-1,0.5").exitCode == 0);
  CHECK(run(labels, "transform --to latent --data x.csv --context label.csv -o z.csv").exitCode == 0);
  CHECK(run(labels, "transform --to data --data z.csv --context label.csv -o back.csv").exitCode == 0);
  CHECK(run(labels, "mix --data x.csv --context label.csv --weights 1 -o same.csv").exitCode == 0);
  CHECK(run(labels, "mix --data x.csv --label 1 --angles 30 -o mixed.csv").exitCode == 0);
  CHECK(run(numbers, "plot density --data x.csv --context-values 1,2").exitCode == 0);
  CHECK(run(labels, "selftest").exitCode == 0);
  CHECK_THAT(run(labels, "explain").output, Catch::Contains("conditional on a context: a label from 0 to 2"));
  CHECK_THAT(run(numbers, "explain").output, Catch::Contains("2 numbers inside (-10, inf)"));
}

TEST_CASE_METHOD(ConditionalFixture, "n samples for each of m contexts are n m rows, context after context") {
  files.write("two.csv", "0,0\n3,2\n");
  CommandResult sampled = run(numbers, "sample -n 3 --context two.csv --dtype f64 -o both.csv");
  INFO(sampled.output);
  REQUIRE(sampled.exitCode == 0);
  REQUIRE(run(numbers, "sample -n 6 --context-values 0,0 --dtype f64 -o first.csv").exitCode == 0);
  Result<Table<double>> both = readTable<double>(files.file("both.csv"), {2, false}), first = readTable<double>(files.file("first.csv"), {2, false});
  REQUIRE(both);
  REQUIRE(both->rows == 6);
  for (size_t row = 0; row < 6; ++row)
    CHECK(both->values[2 * row] == Approx(first->values[2 * row] + (row < 3 ? 0 : 7)));
  CHECK(run(numbers, "sample -n 2 --context context.csv -o many.npy").output.find("600 rows") != std::string::npos);
}

TEST_CASE_METHOD(ConditionalFixture, "a context that is missing, superfluous or wrong is one clear error") {
  files.write("short.csv", "1\n2\n");
  files.write("three.csv", "0\n1\n3\n");
  files.write("half.csv", "0\n1.5\n");
  files.write("outside.csv", "1,2\n-11,0\n");
  for (const char *command : {"log-prob --data x.csv", "sample", "transform --to latent --data x.csv", "mix --data x.csv --weights 1", "plot density"}) {
    fails(labels, command, 2, "`--context` is missing: mock is conditional, on a label from 0 to 2 for each row");
    fails(labels, std::string(command) + " --context-values 1", 2, "`--context-values` does not go with mock");
    fails(plain, std::string(command) + " --label 1", 2, "it is not conditional, as its spec states no `context`");
    fails(labels, std::string(command) + " --label 3", 2, "`--label` is 3; expected a label from 0 to 2");
    fails(labels, std::string(command) + " --label 1 --context label.csv", 2, "give one of them");
  }
  fails(numbers, "sample --context-values 1", 2, "`--context-values` has 1 numbers");
  fails(numbers, "sample --context-values 1,x", 2, "`x` is no number");
  fails(numbers, "sample --context-values=-10,1", 2, "holds -10; expected 2 numbers inside (-10, inf)");
  fails(labels, "log-prob --data x.csv --context short.csv", 1, "short.csv: 2 contexts for 300 rows of data");
  fails(labels, "log-prob --data x.csv --context three.csv", 1, "three.csv: the context of row 3 is 3; expected a label from 0 to 2");
  fails(labels, "sample --context half.csv", 1, "half.csv: the context of row 2 is 1.5");
  fails(numbers, "sample --context outside.csv", 1, "outside.csv: the context of row 2 holds -11");
  fails(numbers, "sample --context label.csv", 1, "label.csv");
  fails(numbers, "plot density --context context.csv", 1, "a picture shows the density for one");
  fails(labels, "train --data x.csv", 2, "`--context` is missing: mock is conditional");
  fails(labels, "train --data x.csv --context short.csv", 1, "2 contexts for 300 rows of data");
  fails(labels, "train --data x.csv --context label.csv --valid x.csv", 2, "`--valid-context` is missing");
  fails(labels, "train --data x.csv --context label.csv --valid-context label.csv", 2, "`--valid-context` is given without `--valid`");
  fails(plain, "train --data x.csv --context label.csv", 2, "it is not conditional");
}

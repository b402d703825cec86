// SPDX-License-Identifier: MIT
//
// That the structure of a wide autoregressive layer stays small: sets are shared, levels are found without looking at every equation
// again in every level.

#include "compiler/Derive/Structure.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include <array>

using namespace mlir;
using namespace flowc;

namespace {

/// y = x + causal(W2) tanh(causal(W1) x) with twice as many hidden units as features.
OwningOpRef<ModuleOp> autoregressiveLayer(MLIRContext &context, int64_t features) {
  OpBuilder builder(&context);
  Location loc = builder.getUnknownLoc();
  auto type = [&](llvm::ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, builder.getF64Type()); };
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  builder.setInsertionPointToEnd(module->getBody());
  auto model = flow::ModelOp::create(builder, loc, "m", features, FloatAttr(), FloatAttr(), DictionaryAttr(), DictionaryAttr());
  builder.createBlock(&model.getBody());
  auto layer = flow::LayerOp::create(builder, loc, "l", "l", false, false, FloatAttr(), FloatAttr());
  Block *body = builder.createBlock(&layer.getBody(), {}, type({features}), loc);
  llvm::SmallVector<int64_t> place(features), before(features), rank(2 * features);
  for (int64_t i = 0; i < features; ++i) {
    place[i] = i * 5 % features; // no order that lies in memory as it is
    before[i] = place[i] - 1;
    rank[i] = rank[features + i] = i;
  }
  auto masked = [&](llvm::StringRef name, llvm::ArrayRef<int64_t> rows, llvm::ArrayRef<int64_t> columns) -> Value {
    Type matrix = type({static_cast<int64_t>(rows.size()), static_cast<int64_t>(columns.size())});
    return flow::CausalOp::create(builder, loc, flow::ReadOp::create(builder, loc, matrix, name), rows, columns);
  };
  Value x = body->getArgument(0);
  Value a = flow::MatvecOp::create(builder, loc, type({2 * features}), masked("up", rank, place), x, false);
  Value h = math::TanhOp::create(builder, loc, a);
  Value t = flow::MatvecOp::create(builder, loc, type({features}), masked("down", before, rank), h, false);
  flow::ReturnOp::create(builder, loc, arith::AddFOp::create(builder, loc, x, t));
  return module;
}

/// Builds convolutional layers as the language does: products with several columns of an image's neighbors.
class ConvolutionalLayer {
public:
  ConvolutionalLayer(MLIRContext &context, int64_t channels, int64_t height, int64_t width)
      : channels(channels), height(height), width(width), builder(&context), loc(builder.getUnknownLoc()), module(ModuleOp::create(loc)) {
    builder.setInsertionPointToEnd(module->getBody());
    auto model = flow::ModelOp::create(builder, loc, "m", size(), FloatAttr(), FloatAttr(), DictionaryAttr(), DictionaryAttr());
    builder.createBlock(&model.getBody());
    layer = flow::LayerOp::create(builder, loc, "l", "l", false, false, FloatAttr(), FloatAttr());
    x = builder.createBlock(&layer.getBody(), {}, type({size()}), loc)->getArgument(0);
  }

  int64_t size() const { return channels * height * width; }

  /// A 3 x 3 convolution to `out` channels; with `causal` of what comes before, and of its own position what does not rank above.
  Value convolve(Value from, int64_t out, bool causal = false, llvm::ArrayRef<int64_t> rows = {}, llvm::ArrayRef<int64_t> columns = {}) {
    int64_t in = flow::elementCount(from) / (height * width);
    Value sum;
    for (int64_t down : {-1, 0, 1})
      for (int64_t right : {-1, 0, 1}) {
        if (causal && (down > 0 || (down == 0 && right > 0)))
          continue;
        Value weight = flow::ReadOp::create(builder, loc, type({out, in}), "w" + std::to_string(weights++));
        if (causal && down == 0 && right == 0)
          weight = flow::CausalOp::create(builder, loc, weight, rows, columns);
        Value part = flow::MatvecOp::create(builder, loc, type({out * height * width}), weight, neighbors(from, down, right), false);
        sum = sum ? arith::AddFOp::create(builder, loc, sum, part).getResult() : part;
      }
    return sum;
  }

  Value tanh(Value value) { return math::TanhOp::create(builder, loc, value); }
  Value add(Value a, Value b) { return arith::AddFOp::create(builder, loc, a, b); }

  /// The elements with (y + x) % 2 == color in their places, and 0 elsewhere.
  Value fields(Value from, int64_t color) {
    llvm::SmallVector<int64_t> kept;
    for (int64_t k = 0; k < flow::elementCount(from); ++k)
      if ((k / width % height + k % width) % 2 == color)
        kept.push_back(k);
    return spread(from, kept, kept);
  }

  void finish(Value result) { flow::ReturnOp::create(builder, loc, result); }

  int64_t channels, height, width;
  OpBuilder builder;
  Location loc;
  OwningOpRef<ModuleOp> module;
  flow::LayerOp layer;
  Value x;

private:
  RankedTensorType type(llvm::ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, builder.getF64Type()); }

  /// from[sources[i]] in place places[i], 0 elsewhere.
  Value spread(Value from, llvm::ArrayRef<int64_t> sources, llvm::ArrayRef<int64_t> places) {
    int64_t count = flow::elementCount(from);
    llvm::BitVector covered(count);
    llvm::SmallVector<int64_t> holes;
    for (int64_t place : places)
      covered.set(place);
    for (int64_t place = 0; place < count; ++place)
      if (!covered.test(place))
        holes.push_back(place);
    Value taken = flow::ExtractOp::create(builder, loc, type({int64_t(sources.size())}), from, sources);
    Value zeros = flow::constantOf(builder, loc, type({int64_t(holes.size())}), 0);
    return flow::MergeOp::create(builder, loc, type({count}), ValueRange{taken, zeros},
                                 builder.getArrayAttr({builder.getDenseI64ArrayAttr(places), builder.getDenseI64ArrayAttr(holes)}));
  }

  Value neighbors(Value from, int64_t down, int64_t right) {
    if (down == 0 && right == 0)
      return from;
    llvm::SmallVector<int64_t> sources, places;
    for (int64_t k = 0; k < flow::elementCount(from); ++k) {
      int64_t y = k / width % height + down, x = k % width + right;
      if (y < 0 || y >= height || x < 0 || x >= width)
        continue;
      sources.push_back(k + down * width + right);
      places.push_back(k);
    }
    return spread(from, sources, places);
  }

  int weights = 0;
};

/// What a convolution reaches, by hand: the channels are full, positions within 1 of each other.
using Reach = std::vector<std::vector<bool>>;

Reach product(const Reach &a, const Reach &b) {
  Reach result(a.size(), std::vector<bool>(b[0].size()));
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t k = 0; k < b.size(); ++k)
      for (size_t j = 0; a[i][k] && j < b[k].size(); ++j)
        if (b[k][j])
          result[i][j] = true;
  return result;
}

template <typename Reaches> Reach patternOf(int64_t rows, int64_t columns, Reaches reaches) {
  Reach pattern(rows, std::vector<bool>(columns));
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      pattern[i][j] = reaches(i, j);
  return pattern;
}

void checkPattern(const LayerStructure &structure, Value value, const Reach &expected) {
  for (size_t i = 0; i < expected.size(); ++i)
    for (size_t j = 0; j < expected[i].size(); ++j)
      REQUIRE(structure.depends(value, i, j) == expected[i][j]);
}

struct Context {
  Context() {
    DialectRegistry registry;
    registry.insert<flow::FlowDialect, arith::ArithDialect, math::MathDialect>();
    flow::registerExternalModels(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }
  MLIRContext context;
};

} // namespace

TEST_CASE("a wide autoregressive layer has as many sets as levels, and a few") {
  Context with;
  const int64_t features = 3072;
  OwningOpRef<ModuleOp> module = autoregressiveLayer(with.context, features);
  flow::LayerOp layer;
  module->walk([&](flow::LayerOp op) { layer = op; });
  FailureOr<LayerStructure> structure = LayerStructure::analyze(layer);
  REQUIRE(succeeded(structure));
  CHECK(structure->levels().size() == static_cast<size_t>(features));
  // The empty set, every input alone, and what every hidden unit and every output depends on: the first k features of the order.
  CHECK(structure->setCount() <= static_cast<size_t>(2 * features + 1));
  for (const auto &level : structure->levels())
    CHECK(level.size() == 1);
}

TEST_CASE("every element of a convolution depends on exactly what its neighborhood holds") {
  for (auto [channels, height, width] : {std::array<int64_t, 3>{1, 1, 1}, {1, 2, 3}, {2, 3, 3}, {3, 4, 5}, {1, 7, 1}, {2, 1, 6}}) {
    Context with;
    ConvolutionalLayer build(with.context, channels, height, width);
    int64_t hidden = 4, count = height * width;
    Value first = build.convolve(build.fields(build.x, 0), hidden), second = build.convolve(build.tanh(first), channels);
    build.finish(build.add(build.x, build.fields(second, 1)));
    FailureOr<LayerStructure> structure = LayerStructure::analyze(build.layer);
    REQUIRE(succeeded(structure));
    CHECK(structure->levels().size() == (count > 1 ? 2u : 1u));
    auto near = [&](int64_t p, int64_t q) { return std::abs(p / width - q / width) <= 1 && std::abs(p % width - q % width) <= 1; };
    auto color = [&](int64_t k) { return (k / width % height + k % width) % 2; };
    Reach convolution = patternOf(hidden * count, build.size(), [&](int64_t i, int64_t j) { return near(i % count, j % count) && color(j) == 0; });
    checkPattern(*structure, first, convolution);
    Reach again = patternOf(build.size(), hidden * count, [&](int64_t i, int64_t j) { return near(i % count, j % count); });
    checkPattern(*structure, second, product(again, convolution));
  }
}

TEST_CASE("masked convolutions are solved position by position, row by row") {
  for (auto [channels, height, width] : {std::array<int64_t, 3>{1, 1, 1}, {1, 2, 3}, {2, 3, 3}, {3, 4, 5}}) {
    Context with;
    ConvolutionalLayer build(with.context, channels, height, width);
    int64_t count = height * width;
    // Units of degree 0 .. channels - 1, each twice.
    llvm::SmallVector<int64_t> place, before, degree;
    for (int64_t c = 0; c < channels; ++c) {
      place.push_back(c);
      before.push_back(c - 1);
      degree.append({c, c});
    }
    Value h = build.convolve(build.x, 2 * channels, true, degree, place);
    Value t = build.convolve(build.tanh(h), channels, true, before, degree);
    build.finish(build.add(build.x, t));
    FailureOr<LayerStructure> structure = LayerStructure::analyze(build.layer);
    REQUIRE(succeeded(structure));
    auto earlier = [&](int64_t p, int64_t q) { // q is a neighbor of p, and stands before it
      return q < p && std::abs(p / width - q / width) <= 1 && std::abs(p % width - q % width) <= 1;
    };
    auto masked = [&](llvm::ArrayRef<int64_t> rows, llvm::ArrayRef<int64_t> columns) {
      return patternOf(rows.size() * count, columns.size() * count, [&](int64_t i, int64_t j) {
        return earlier(i % count, j % count) || (i % count == j % count && columns[j / count] <= rows[i / count]);
      });
    };
    checkPattern(*structure, h, masked(degree, place));
    checkPattern(*structure, t, product(masked(before, degree), masked(degree, place)));
    // Every input is found in a level after all that it depends on.
    std::vector<size_t> levelOf(build.size());
    for (auto [number, level] : llvm::enumerate(structure->levels()))
      for (const BlockGroup &group : level)
        for (int64_t input : group.inputs)
          levelOf[input] = number;
    for (int64_t i = 0; i < build.size(); ++i)
      for (int64_t j = 0; j < build.size(); ++j)
        if (structure->depends(t, i, j))
          REQUIRE(levelOf[j] < levelOf[i]);
  }
}

TEST_CASE("a coupling of a large image through convolutions has few sets") {
  Context with;
  ConvolutionalLayer build(with.context, 3, 32, 32);
  Value h = build.fields(build.x, 0);
  for (int64_t hidden : {64, 64})
    h = build.tanh(build.convolve(h, hidden));
  build.finish(build.add(build.x, build.fields(build.convolve(h, 3), 1)));
  FailureOr<LayerStructure> structure = LayerStructure::analyze(build.layer);
  REQUIRE(succeeded(structure));
  CHECK(structure->levels().size() == 2);
  // All channels of a position share theirs: a set per position for each term of each convolution's sum, and what each output adds.
  CHECK(structure->setCount() <= 3 * 9 * 2 * 1024 + 3 * 3072);
}

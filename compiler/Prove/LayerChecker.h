// SPDX-License-Identifier: MIT
//
// The obligations of one layer: that it is defined on its domain, that every block is continuous and strictly monotone
// in its unknown, and that it maps its domain onto the next layer's. A layer without an order of single unknowns is judged
// by the rule of compiler/Derive that takes it apart, and has the obligations of its parts. What is asked of a domain, a block and an
// image stands in files of their own.

#pragma once

#include "compiler/Prove/Report.h"
#include "compiler/Prove/Slope.h"

namespace flowc::prove {

/// An interval per feature.
using Domain = llvm::SmallVector<flow::Interval>;

/// What surrounds a layer.
struct Surroundings {
  /// Where the layer's input, as it is written, is declared to lie.
  std::optional<flow::Interval> declared;
  /// Where its data side lies, and what its latent side must be, if that is given.
  Domain data;
  /// Whether `data` is exact; if it may be too large, nothing is refuted.
  bool certain;
  std::optional<flow::Interval> latent;
  /// Whether it is tried alone, and may map onto anything.
  bool alone;
};

class LayerChecker {
public:
  LayerChecker(flow::LayerOp layer, Surroundings around);
  /// A part of a layer: a map from `inputs` onto `outputs`, or onto anything. Only if it is `certain` that it is given all of `inputs` is
  /// anything refuted.
  LayerChecker(flow::LayerOp part, Domain inputs, std::optional<Domain> outputs, bool certain, bool alone);

  LayerReport run();
  /// The latent side's domain: as given, or as found.
  const Domain &image() const { return latentSide; }
  bool imageIsCertain() const { return certainImage; }

private:
  /// Elements whose formulas differ by names only, and one of them.
  struct Class {
    mlir::Value value;
    int64_t element, input;
    llvm::SmallVector<int64_t> inputs, outputs;
  };

  /// One block after the other, in the order that the structure gives.
  void checkBlocks();
  /// One map after the other, if the layer is that.
  bool checkStages();
  /// The blocks with one number held, and the equation for that number, if there is one.
  bool checkTorn();
  void reportNoStructure(llvm::ArrayRef<std::pair<mlir::Location, std::string>> messages);
  /// What must hold of a part must hold of the layer.
  void adopt(LayerReport part);
  void describeStructure();
  void describePattern(const LayerStructure &whole);
  /// Whether the layer is x + g(x) with a bounded g: then that decides, and how is added to the report.
  bool checkContraction();
  /// Looks for a reason why what has no order of single unknowns is no bijection.
  void refuteStructure(Obligation &failed);
  /// Whether the layer is given what it declares to take.
  bool checkDomain();
  void describeImage();
  /// Judges what the user assumes by itself. False if it can never hold: then everything would follow.
  bool checkAssumptions();
  /// False if the layer is not sure to be defined: then nothing else is asked.
  bool checkRequirements();
  void checkRequirement(mlir::Operation *op, const flow::Requirement &requirement);
  /// Whether intervals alone show that the derivative of a block is never 0.
  bool slopeShows(const Class &block);
  void checkBlock(Class block);
  /// Takes the turns off that a block ends with: each is a bijection of the circle, if what it turns reaches all of it. False if there
  /// are none.
  bool peelTurns(Class &block);
  /// Whether no turn is left inside, where it would be a jump.
  bool checkTurns(const Formula &formula, const Class &block);
  void checkContinuity(const Formula &formula, const Class &block);
  /// The direction, if it is proved.
  std::optional<bool> checkMonotone(const Formula &formula, const Class &block);
  void reportSlopeGap(const Formula &formula, const Class &block, const SlopeGap &gap, const std::string &slope);
  void checkImage(Formula &formula, const Class &block, bool increasing);
  /// The image of what is turned at the end, which must be the whole circle.
  void checkCircle(Formula &formula, const Class &block, bool increasing);
  /// Nobody says what it must map onto, and it does not show; `low` and `high` are its image's ends.
  void reportUnknownImage(Formula &formula, const Class &block, const flow::Limit &low, const flow::Limit &high);
  std::vector<Class> classes();

  Obligation &add(const char *kind, std::string statement, Verdict verdict, llvm::StringRef method, mlir::Location loc);
  Obligation &addFailed(const char *kind, std::string statement, std::string failure, mlir::Location loc);
  void refute(Obligation &obligation, std::optional<Witness> witness, const std::string &what);

  flow::LayerOp layer;
  Surroundings around;
  Domain inputSide, latentSide;
  bool certainImage = true;
  /// Whether the rest of the layer has more to say of its image.
  bool isPart = false;
  /// What the layer's output must cover.
  std::optional<Domain> target;
  LayerReport report;
  Origins origins;
  std::optional<LayerStructure> structure;
};

} // namespace flowc::prove

// SPDX-License-Identifier: MIT

#include "compiler/Derive/Teacher.h"

#include "compiler/Derive/DeriveLayers.h"
#include "compiler/Derive/Inline.h"
#include "compiler/Dialect/Flow/FlowDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// The model that `student` is to resemble, if its target is one: an energy stands in it already.
ModelOp teacherOf(ModelOp student) {
  DictionaryAttr objective = student.getObjectiveAttr();
  if (!objective || student.lookupSymbol(kTargetName))
    return ModelOp();
  return student->getParentOfType<ModuleOp>().lookupSymbol<ModelOp>(objective.getAs<StringAttr>("target"));
}

std::string frozenName(ModelOp teacher, StringRef parameter) { return (teacher.getSymName() + "." + parameter).str(); }

void copyParameters(ModelOp teacher, OpBuilder &builder) {
  for (ParameterOp parameter : teacher.getOps<ParameterOp>()) {
    auto copy = cast<ParameterOp>(builder.clone(*parameter));
    copy.setSymName(frozenName(teacher, parameter.getSymName()));
    copy.setFrozen(true);
  }
}

/// The sum of the log-determinants of all of the teacher's layers, the base among them.
void buildTarget(ModelOp teacher, OpBuilder &builder) {
  Location loc = teacher.getLoc();
  auto vector = RankedTensorType::get({static_cast<int64_t>(teacher.getFeatures())}, builder.getF64Type());
  auto scalar = RankedTensorType::get({}, builder.getF64Type());
  auto function = func::FuncOp::create(builder, loc, kTargetName, builder.getFunctionType({vector}, {scalar}));
  builder.setInsertionPointToEnd(function.addEntryBlock());
  Value value = function.getArgument(0), total = constantOf(builder, loc, scalar, 0);
  for (LayerOp layer : teacher.getOps<LayerOp>()) {
    auto forward = teacher.lookupSymbol<func::FuncOp>(forwardName(layer.getSymName()));
    auto results = inlineBody(builder, forward, value);
    value = results[0];
    total = arith::AddFOp::create(builder, loc, total, results[1]);
  }
  func::ReturnOp::create(builder, loc, total);
  function.walk([&](ReadOp read) { read.setParameter(frozenName(teacher, read.getParameter())); });
}

struct Teacher : PassWrapper<Teacher, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Teacher)
  StringRef getArgument() const final { return "flow-teacher"; }
  StringRef getDescription() const final { return "make the model that another learns from a function of that one"; }
  void runOnOperation() final {
    for (ModelOp student : llvm::to_vector(getOperation().getOps<ModelOp>()))
      if (ModelOp teacher = teacherOf(student)) {
        OpBuilder builder = OpBuilder::atBlockEnd(&student.getBody().front());
        copyParameters(teacher, builder);
        buildTarget(teacher, builder);
        teacher.erase();
      }
  }
};

} // namespace

std::unique_ptr<Pass> createTeacherPass() { return std::make_unique<Teacher>(); }

} // namespace flowc

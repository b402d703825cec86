// SPDX-License-Identifier: MIT

#include "compiler/Pipelines/Registration.h"

#include "compiler/Derive/ComposeModel.h"
#include "compiler/Derive/DeriveLayers.h"
#include "compiler/Derive/Simplify.h"
#include "compiler/Derive/Teacher.h"
#include "compiler/Dialect/Flow/FlowDialect.h"
#include "compiler/Dialect/Tile/TileDialect.h"
#include "compiler/Schedule/Schedule.h"
#include "compiler/Stage/Differentiate.h"
#include "compiler/Stage/ExpandNorms.h"
#include "compiler/Stage/ExpandSystems.h"
#include "compiler/Stage/Held.h"
#include "compiler/Stage/Segments.h"
#include "compiler/Stage/Stage.h"
#include "compiler/Transforms/ExpandMath.h"
#include "compiler/Transforms/LowerRoot.h"

#include "mlir/Transforms/Passes.h"

namespace flowc {

void registerDialects(mlir::DialectRegistry &registry) {
  registry.insert<flow::FlowDialect, tile::TileDialect, mlir::arith::ArithDialect, mlir::math::MathDialect, mlir::func::FuncDialect,
                  mlir::memref::MemRefDialect, mlir::scf::SCFDialect, mlir::vector::VectorDialect>();
  flow::registerExternalModels(registry);
  registerHeldModels(registry);
}

void registerPasses() {
  mlir::registerTransformsPasses();
  for (auto create : {createDeriveLayersPass, createTeacherPass, createSimplifyPass, createStabilizePass, createComposeModelPass, createDropFactsPass,
                      createDropDetachedPass, createExpandNormsPass, createExpandSystemsPass, createStagePass,
                      createSegmentPass, createDifferentiatePass, createLowerRootPass, createExpandMathPass})
    mlir::registerPass(create);
  mlir::registerPass([] { return createSchedulePass(); });
}

} // namespace flowc

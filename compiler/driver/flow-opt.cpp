// SPDX-License-Identifier: MIT
//
// flow-opt: runs single passes of the compiler on textual IR, for the lit tests.

#include "compiler/Pipelines/Registration.h"

#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  flowc::registerDialects(registry);
  flowc::registerPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "flow-opt: the flowc compiler's passes\n", registry));
}

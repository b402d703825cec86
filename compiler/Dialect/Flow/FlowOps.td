// SPDX-License-Identifier: MIT

#ifndef FLOWC_DIALECT_FLOW_FLOWOPS_TD
#define FLOWC_DIALECT_FLOW_FLOWOPS_TD

include "compiler/Dialect/Flow/FlowDialect.td"
include "compiler/Dialect/Flow/FlowInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

// A real number in any of the forms that it takes on its way to the machine: a per-sample tensor, one element, some lanes.
def Flow_Real : AnyTypeOf<[AnyFloat, TensorOf<[AnyFloat]>, VectorOfAnyRankOf<[AnyFloat]>]>;
def Flow_Tensor : RankedTensorOf<[AnyFloat]>;
def Flow_Vector : 1DTensorOf<[AnyFloat]>;

//===- structure: models, layers, parameters ----------------------------------------------------------------------===//

def ModelOp : FlowOp<"model", [IsolatedFromAbove, SymbolTable, Symbol, NoTerminator, SingleBlock, NoRegionArguments]> {
  let summary = "a flow: parameters, layers from data to latent, the base last";
  let description = [{
    ```mlir
    flow.model @moons features 2 {
      flow.parameter @"0.scale.log_scale" : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
      flow.layer @"0.scale" "scale" (%x : tensor<2xf64>) { ... flow.return %y : tensor<2xf64> }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$features);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `features` $features attr-dict-with-keyword $body";
}

def ParameterOp : FlowOp<"parameter", [Symbol, HasParent<"ModelOp">]> {
  let summary = "a trainable tensor of a model, stored unconstrained";
  let description = [{`init` is the dictionary that the manifest prints (docs/manifest.md).}];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type, DictionaryAttr:$init);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
}

def LayerOp : FlowOp<"layer", [IsolatedFromAbove, Symbol, HasParent<"ModelOp">, SingleBlock]> {
  let summary = "one bijection, written in one direction";
  let description = [{
    The body computes the layer's output from its input: latent from data, or with `generative` data from latent. With `base`, the
    layer maps every feature onto (0, 1): it is the base's cumulative distribution. `lower` and `upper` bound the open domain of
    every feature of the data side.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$layer_type, UnitAttr:$generative, UnitAttr:$base,
                       OptionalAttr<F64Attr>:$lower, OptionalAttr<F64Attr>:$upper);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name $layer_type attr-dict-with-keyword $body";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::BlockArgument input() { return getBody().front().getArgument(0); }
    /// The value that the layer returns.
    ::mlir::Value output() { return getBody().front().getTerminator()->getOperand(0); }
  }];
}

def ReturnOp : FlowOp<"return", [Pure, Terminator, ReturnLike, HasParent<"LayerOp">]> {
  let summary = "the output of a layer";
  let arguments = (ins Flow_Tensor:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def StartOp : FlowOp<"start", [HasParent<"LayerOp">]> {
  let summary = "the data-dependent start of a parameter";
  let description = [{`value` is computed from the results of `flow.probe` alone.}];
  let arguments = (ins FlatSymbolRefAttr:$parameter, Flow_Tensor:$value);
  let assemblyFormat = "$parameter `,` $value attr-dict `:` type($value)";
}

def ProbeOp : FlowOp<"probe", [AllTypesMatch<["value", "mean", "deviation"]>]> {
  let summary = "mean and deviation over the first batch";
  let arguments = (ins Flow_Tensor:$value);
  let results = (outs Flow_Tensor:$mean, Flow_Tensor:$deviation);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def ReadOp : FlowOp<"read", [Pure, DeclareOpInterfaceMethods<DependencyOpInterface>,
                             DeclareOpInterfaceMethods<RangeOpInterface>,
                             DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "the value of a parameter";
  let arguments = (ins FlatSymbolRefAttr:$parameter);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$parameter attr-dict `:` type($result)";
}

def StagedOp : FlowOp<"staged", [Symbol, HasParent<"ModelOp">]> {
  let summary = "a value that depends on the parameters alone, computed once per step";
  let description = [{
    `offset` is its place in the staged vector, in elements. With `fixed` it depends on no parameter either and has no gradient.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type, I64Attr:$offset, UnitAttr:$fixed);
  let assemblyFormat = "$sym_name `:` $type `at` $offset (`fixed` $fixed^)? attr-dict";
}

def StoreOp : FlowOp<"store"> {
  let summary = "gives a staged value (or a started parameter) its value";
  let arguments = (ins FlatSymbolRefAttr:$symbol, Flow_Tensor:$value);
  let assemblyFormat = "$symbol `,` $value attr-dict `:` type($value)";
}

def AccumulateOp : FlowOp<"accumulate"> {
  let summary = "adds to the gradient of a parameter or a staged value";
  let description = [{A contribution of one sample leaves the sample here: batching sums it over all samples.}];
  let arguments = (ins FlatSymbolRefAttr:$symbol, Flow_Tensor:$value);
  let assemblyFormat = "$symbol `,` $value attr-dict `:` type($value)";
}

def AdjointOp : FlowOp<"adjoint", [Pure]> {
  let summary = "the gradient of a staged value, summed over the batch";
  let arguments = (ins FlatSymbolRefAttr:$symbol);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$symbol attr-dict `:` type($result)";
}

//===- vectors ----------------------------------------------------------------------------------------------------===//

class AnsweringOp<string mnemonic, list<Trait> traits = []> : FlowOp<mnemonic, !listconcat([Pure,
    DeclareOpInterfaceMethods<RangeOpInterface>, DeclareOpInterfaceMethods<SolveOpInterface>], traits)>;

def MatvecOp : AnsweringOp<"matvec", [DeclareOpInterfaceMethods<DependencyOpInterface>,
                                      DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "matrix times vector";
  let description = [{`result[m] = sum over k of matrix[m, k] * vector[k]`; with `transposed`, of matrix[k, m] * vector[k].}];
  let arguments = (ins Flow_Tensor:$matrix, Flow_Vector:$vector, UnitAttr:$transposed);
  let results = (outs Flow_Vector:$result);
  let assemblyFormat = "(`transposed` $transposed^)? $matrix `,` $vector attr-dict `:` type($matrix) `,` type($vector) `->` type($result)";
  let hasVerifier = 1;
}

def OuterOp : AnsweringOp<"outer", [DeclareOpInterfaceMethods<DependencyOpInterface>,
                                    DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "the matrix of all products of two vectors: the adjoint of `flow.matvec` in its matrix";
  let arguments = (ins Flow_Vector:$left, Flow_Vector:$right);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$left `,` $right attr-dict `:` type($left) `,` type($right) `->` type($result)";
}

def ExtractOp : AnsweringOp<"extract", [DeclareOpInterfaceMethods<DependencyOpInterface, ["movedFrom"]>,
                                        DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "some elements of a vector, each at most once";
  let arguments = (ins Flow_Vector:$vector, DenseI64ArrayAttr:$indices);
  let results = (outs Flow_Vector:$result);
  let assemblyFormat = "$vector $indices attr-dict `:` type($vector) `->` type($result)";
  let hasVerifier = 1;
}

def MergeOp : AnsweringOp<"merge", [DeclareOpInterfaceMethods<DependencyOpInterface, ["movedFrom"]>,
                                    DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "one vector from pieces, each at its own indices; elements named by no piece are 0";
  let arguments = (ins Variadic<Flow_Vector>:$pieces, ArrayAttr:$indices);
  let results = (outs Flow_Vector:$result);
  let assemblyFormat = "`(` $pieces `)` $indices attr-dict `:` functional-type($pieces, $result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{ ::llvm::ArrayRef<int64_t> pieceIndices(unsigned k); }];
}

def SumOp : AnsweringOp<"sum", [DeclareOpInterfaceMethods<DependencyOpInterface, ["movedFrom"]>,
                                DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "the sum of all elements";
  let arguments = (ins Flow_Tensor:$vector);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$vector attr-dict `:` type($vector) `->` type($result)";
}

def SplatOp : AnsweringOp<"splat", [DeclareOpInterfaceMethods<DependencyOpInterface, ["movedFrom"]>,
                                    DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "a scalar repeated into a tensor";
  let arguments = (ins Flow_Tensor:$scalar);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$scalar attr-dict `:` type($scalar) `->` type($result)";
}

def ConstrainedOp : AnsweringOp<"constrained", [SameOperandsAndResultType,
      DeclareOpInterfaceMethods<DependencyOpInterface, ["isElementwise"]>,
      DeclareOpInterfaceMethods<DifferentiateOpInterface, ["logDerivative"]>]> {
  let summary = "the operand, known to lie in an interval";
  let description = [{A fact from a declared domain; removed once the proofs and derivations that use it are done.}];
  let arguments = (ins Flow_Real:$value, F64Attr:$low, F64Attr:$high, BoolAttr:$low_open, BoolAttr:$high_open);
  let results = (outs Flow_Real:$result);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def DetachOp : AnsweringOp<"detach", [SameOperandsAndResultType,
      DeclareOpInterfaceMethods<DependencyOpInterface, ["isElementwise"]>,
      DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "the operand, held constant when gradients are taken";
  let arguments = (ins Flow_Real:$value);
  let results = (outs Flow_Real:$result);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

//===- roots ------------------------------------------------------------------------------------------------------===//

def RootOp : FlowOp<"root", [SingleBlock, RecursiveMemoryEffects, RecursivelySpeculatable,
                             AllTypesMatch<["target", "result"]>]> {
  let summary = "the t at which a strictly monotone formula equals the target, element by element";
  let description = [{
    The body computes f(t) and f'(t) from t (its argument) and values captured from outside. `decreasing` tells the direction. The
    root lies in the open interval (lower, upper); either end may be infinite. Lowered to a Newton iteration that is kept in a
    bracket which every step shrinks, so that it converges quadratically and cannot diverge. Differentiated by the implicit function
    theorem, never through the iteration.

    ```mlir
    %x = flow.root %y lower -inf upper inf : tensor<2xf64> {
    ^bb0(%t: tensor<2xf64>):
      ...
      flow.yield %f, %df : tensor<2xf64>, tensor<2xf64>
    }
    ```
  }];
  let arguments = (ins Flow_Real:$target, F64Attr:$lower, F64Attr:$upper, UnitAttr:$decreasing);
  let results = (outs Flow_Real:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$target attr-dict `:` type($target) $body";
  let hasVerifier = 1;
}

def YieldOp : FlowOp<"yield", [Pure, Terminator, ReturnLike, HasParent<"RootOp">]> {
  let summary = "value and derivative of a root's formula";
  let arguments = (ins Variadic<Flow_Real>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

//===- scalar functions that the math dialect lacks ---------------------------------------------------------------===//
// Each is a row of Models/ScalarRules.def like those of the math dialect; their interfaces are attached with the others.

class ScalarFunctionOp<string mnemonic, string formula> : FlowOp<mnemonic, [Pure, SameOperandsAndResultType, Elementwise, Scalarizable, Vectorizable, Tensorizable]> {
  let summary = formula;
  let arguments = (ins Flow_Real:$operand);
  let results = (outs Flow_Real:$result);
  let assemblyFormat = "$operand attr-dict `:` type($result)";
}

def SigmoidOp         : ScalarFunctionOp<"sigmoid", "1 / (1 + exp(-x))">;
def LogitOp           : ScalarFunctionOp<"logit", "log(x) - log(1 - x), on (0, 1)">;
def SoftplusOp        : ScalarFunctionOp<"softplus", "log(1 + exp(x))">;
def SoftplusInverseOp : ScalarFunctionOp<"softplus_inverse", "log(exp(x) - 1), on (0, inf)">;
def NormalCdfOp       : ScalarFunctionOp<"normal_cdf", "(1 + erf(x / sqrt 2)) / 2">;
def NormalQuantileOp  : ScalarFunctionOp<"normal_quantile", "the inverse of normal_cdf, on (0, 1)">;
def SquareOp          : ScalarFunctionOp<"square", "x * x">;
def CubeOp            : ScalarFunctionOp<"cube", "x * x * x">;

#endif

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
    `features` is the size of a sample. Layers stand in the order from data to latent; the names of parameters and layers begin with
    the layer's number. Later phases add functions beside the layers (`func.func`), the staged values, and with `staged` the size of
    the staged vector.

    ```mlir
    flow.model @moons features 2 {
      flow.parameter @"0.scale.log_scale" : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
      flow.layer @"0.scale" "scale" {
      ^bb0(%x: tensor<2xf64>):
        %s = flow.read @"0.scale.log_scale" : tensor<2xf64>
        %e = math.exp %s : tensor<2xf64>
        %y = arith.mulf %x, %e : tensor<2xf64>
        flow.return %y : tensor<2xf64>
      }
    }
    ```
    `lower` and `upper` bound the open domain of every feature of the data. Without `objective` a model is trained by the likelihood of
    data. With it, by what the dictionary says (the manifest prints it, docs/manifest.md), and against a density that a function
    `target` beside the layers computes: the logarithm, up to a constant, for one sample. `given_context` tells what a sample is given beside
    its data: its `size`, the ends `low` and `high` of its domain where there are any, and `label` if it is one of so many labels.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$features, OptionalAttr<F64Attr>:$lower, OptionalAttr<F64Attr>:$upper,
                       OptionalAttr<DictionaryAttr>:$objective, OptionalAttr<DictionaryAttr>:$given_context);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `features` $features attr-dict-with-keyword $body";
  let extraClassDeclaration = [{
    /// The size of the context; 0 if there is none.
    int64_t contextSize();
  }];
}

def ParameterOp : FlowOp<"parameter", [Symbol, HasParent<"ModelOp">]> {
  let summary = "a trainable tensor of a model, stored unconstrained";
  let description = [{
    `init` tells how training starts it: the dictionary that the manifest prints (docs/manifest.md). A parameter with a domain is
    stored as a real number; the map into the domain stands in the layer. `frozen` ones are not trained: they are a teacher's, or
    follow a statistic (`flow.running`).

    ```mlir
    flow.parameter @weight : tensor<4x2xf64> {init = {kind = "uniform", low = -0.5, high = 0.5}}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type, DictionaryAttr:$init, UnitAttr:$frozen);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
}

def LayerOp : FlowOp<"layer", [IsolatedFromAbove, Symbol, HasParent<"ModelOp">, SingleBlock]> {
  let summary = "one bijection, written in one direction";
  let description = [{
    The body computes the layer's output from its input: latent from data, or with `generative` data from latent. With `base`, the
    layer maps every feature onto (0, 1): it is the base's cumulative distribution. `lower` and `upper` bound the open domain of
    every feature of the input, from whichever side the layer is written. `layer_type` is the layer's name in the spec. Derivation adds `levels`, the depth of its block
    order: 1 for an element-wise layer, 2 for a coupling.

    ```mlir
    flow.layer @"1.exp" "exp" attributes {generative} {
    ^bb0(%z: tensor<2xf64>):
      %x = math.exp %z : tensor<2xf64>
      flow.return %x : tensor<2xf64>
    }
    ```
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
  let description = [{
    Ends the body of a `flow.layer`. It has the type of the layer's input: a bijection keeps the number
    of features.

    ```mlir
    flow.return %y : tensor<2xf64>
    ```
  }];
  let arguments = (ins Flow_Tensor:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def AssumeOp : FlowOp<"assume", [HasParent<"LayerOp">]> {
  let summary = "what the user takes for true";
  let description = [{
    Every element of `value` lies between `low` and `high`, ends included or not as for `flow.constrained`; `text` says it in the
    user's words. The fact is stated beside it by a `flow.constrained`, from which proofs have it; here it is kept to be judged by
    itself, and checked at run time. No part of the formula that the layer is.

    ```mlir
    flow.assume "a > 0", %a {low = 0.0 : f64, high = 0x7FF0000000000000 : f64, low_open = true, high_open = true} : tensor<2xf64>
    ```
  }];
  let arguments = (ins Flow_Tensor:$value, F64Attr:$low, F64Attr:$high, BoolAttr:$low_open, BoolAttr:$high_open, StrAttr:$text);
  let assemblyFormat = "$text `,` $value attr-dict `:` type($value)";
  let extraClassDeclaration = [{
    ::flowc::flow::Interval getRange() {
      return {getLow().convertToDouble(), getHigh().convertToDouble(), getLowOpen(), getHighOpen()};
    }
  }];
}

def StartOp : FlowOp<"start", [HasParent<"LayerOp">]> {
  let summary = "the data-dependent start of a parameter";
  let description = [{
    On the first batch `parameter` is set to `value`, which is computed from the results of `flow.probe` and constants alone.
    Stands in the layer that reads the parameter, and is no part of the formula that the layer is.

    ```mlir
    %mean, %deviation = flow.probe %x : tensor<2xf64>
    %s = math.log %deviation : tensor<2xf64>
    %t = arith.negf %s : tensor<2xf64>
    flow.start @log_scale, %t : tensor<2xf64>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$parameter, Flow_Tensor:$value);
  let assemblyFormat = "$parameter `,` $value attr-dict `:` type($value)";
}

def ProbeOp : FlowOp<"probe", [AllTypesMatch<["value", "mean", "deviation"]>]> {
  let summary = "mean and deviation over the first batch";
  let description = [{
    What `flow.start` looks at: mean and standard deviation of each element of `value` over the samples of the first batch, after the
    layers before this one have been started.

    ```mlir
    %mean, %deviation = flow.probe %x : tensor<2xf64>
    ```
  }];
  let arguments = (ins Flow_Tensor:$value);
  let results = (outs Flow_Tensor:$mean, Flow_Tensor:$deviation);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def RunningOp : FlowOp<"running", [HasParent<"LayerOp">]> {
  let summary = "what a parameter follows that is no one's to learn: a statistic over the batch";
  let description = [{
    While training, `parameter` stands for the mean, or with `variance` the variance, of each element of `value` over the samples of the
    batch, and gradients pass through it; behind the step the stored parameter keeps `momentum` of itself and takes the rest from there.
    Everywhere else the layer reads the stored one. The parameter is `frozen`. No part of the formula that the layer is: see
    `flow.statistic` for what training makes of it.

    ```mlir
    flow.running @m mean %x {momentum = 0.9 : f64} : tensor<2xf64>
    flow.running @v variance %x {momentum = 0.9 : f64} : tensor<2xf64>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$parameter, UnitAttr:$variance, Flow_Vector:$value, F64Attr:$momentum);
  let assemblyFormat = "$parameter (`variance` $variance^):(`mean`)? $value attr-dict `:` type($value)";
}

def StatisticOp : FlowOp<"statistic", [AllTypesMatch<["value", "result"]>]> {
  let summary = "the mean or the variance of a value over the samples of the batch";
  let description = [{
    The one op whose result depends on other samples. Stands in `training`, in place of a read of `parameter`, until the pass
    `flow-segment` cuts the function there; it has an effect, so that a statistic which no formula uses is taken all the same.

    ```mlir
    %m = flow.statistic @m mean %x : tensor<2xf64>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$parameter, UnitAttr:$variance, Flow_Vector:$value);
  let results = (outs Flow_Vector:$result);
  let assemblyFormat = "$parameter (`variance` $variance^):(`mean`)? $value attr-dict `:` type($value)";
}

def EstimateOp : FlowOp<"estimate", [HasParent<"ModelOp">]> {
  let summary = "training estimates log-determinants instead of computing them";
  let description = [{
    Where a layer is x + g(x) with a contraction g, training takes some terms of the power series of its log-determinant
    (`flow.log_det_series`) in place of the exact number: always the first `least`, and behind each of them one more with the probability
    `keep`, each weighted so that the mean is that of the whole series. With `keep` 0 these are all, and what is left out is a bias.

    ```mlir
    flow.estimate least 2 keep 5.000000e-01
    flow.estimate least 10 keep 0.000000e+00
    ```
  }];
  let arguments = (ins I64Attr:$least, F64Attr:$keep);
  let assemblyFormat = "`least` $least `keep` $keep attr-dict";
}

def NoiseOp : FlowOp<"noise"> {
  let summary = "uniform random numbers of a sample's own";
  let description = [{
    Inside (0, 1), and others for every such op, so that no two of them may become one: it has an effect. Stands in the estimates of
    log-determinants; where the layers are composed into the model's functions, an argument takes its place.

    ```mlir
    %u = flow.noise : tensor<3xf64>
    ```
  }];
  let results = (outs Flow_Vector:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def ReadOp : FlowOp<"read", [Pure, DeclareOpInterfaceMethods<DependencyOpInterface>,
                             DeclareOpInterfaceMethods<RangeOpInterface>,
                             DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "the value of a parameter or a staged value";
  let description = [{
    `parameter` names a `flow.parameter` or, once staging has run, a `flow.staged`. Depends on no element of the sample.

    ```mlir
    %w = flow.read @weight : tensor<4x2xf64>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$parameter);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$parameter attr-dict `:` type($result)";
}

def ContextOp : FlowOp<"context", [Pure, DeclareOpInterfaceMethods<DependencyOpInterface>,
                                   DeclareOpInterfaceMethods<RangeOpInterface>,
                                   DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "what the sample is given beside its data";
  let description = [{
    Known when a layer is solved, like a parameter, and depends on no element of the sample; but every sample has its own. Its elements
    lie between `low` and `high`, where these are given; with `label` one of them is 1 and the others are 0. Where the layers are
    composed into the model's functions, an argument takes its place.

    ```mlir
    %c = flow.context : tensor<4xf64>
    %digit = flow.context label : tensor<10xf64>
    ```
  }];
  let arguments = (ins OptionalAttr<F64Attr>:$low, OptionalAttr<F64Attr>:$high, UnitAttr:$label);
  let results = (outs Flow_Vector:$result);
  let assemblyFormat = "(`label` $label^)? attr-dict `:` type($result)";
}

def StagedOp : FlowOp<"staged", [Symbol, HasParent<"ModelOp">]> {
  let summary = "a value that depends on the parameters alone, computed once per step";
  let description = [{
    `offset` is its place in the staged vector, in elements. With `fixed` it depends on no parameter that is trained and
    has no gradient.

    ```mlir
    flow.staged @staged.0 : tensor<2xf64> at 0
    flow.staged @staged.1 : tensor<2xf64> at 16 fixed
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type, I64Attr:$offset, UnitAttr:$fixed);
  let assemblyFormat = "$sym_name `:` $type `at` $offset (`fixed` $fixed^)? attr-dict";
}

def StoreOp : FlowOp<"store"> {
  let summary = "gives a staged value (or a started parameter) its value";
  let description = [{
    Stands in `stage()`, where `symbol` is a `flow.staged`, and in `start`, where it is a `flow.parameter`.

    ```mlir
    %e = math.exp %s : tensor<2xf64>
    flow.store @staged.0, %e : tensor<2xf64>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$symbol, Flow_Tensor:$value);
  let assemblyFormat = "$symbol `,` $value attr-dict `:` type($value)";
}

def AccumulateOp : FlowOp<"accumulate"> {
  let summary = "adds to the gradient of a parameter or a staged value";
  let description = [{
    In `gradient`, `symbol` is a `flow.staged`, and the contribution of one sample leaves the sample here: batching sums it over all
    samples. In `stage_adjoint` it is a `flow.parameter`.

    ```mlir
    flow.accumulate @staged.0, %g : tensor<2xf64>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$symbol, Flow_Tensor:$value);
  let assemblyFormat = "$symbol `,` $value attr-dict `:` type($value)";
}

def AdjointOp : FlowOp<"adjoint", [Pure]> {
  let summary = "the gradient of a staged value, summed over the batch";
  let description = [{
    What `flow.accumulate` has gathered for the `flow.staged` named `symbol`. Stands in `stage_adjoint`, which carries it on to the
    parameters.

    ```mlir
    %g = flow.adjoint @staged.0 : tensor<2xf64>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$symbol);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$symbol attr-dict `:` type($result)";
}

//===- vectors ----------------------------------------------------------------------------------------------------===//

class AnsweringOp<string mnemonic, list<Trait> traits = [], list<string> scalarAnswers = []> : FlowOp<mnemonic, !listconcat([Pure,
    DeclareOpInterfaceMethods<RangeOpInterface, scalarAnswers>, DeclareOpInterfaceMethods<SolveOpInterface>], traits)>;

def MatvecOp : AnsweringOp<"matvec", [DeclareOpInterfaceMethods<DependencyOpInterface, ["sumOfProducts"]>,
                                      DeclareOpInterfaceMethods<DifferentiateOpInterface, ["wideTangent"]>,
                                      DeclareOpInterfaceMethods<PartialOpInterface>], ["steepness", "norm"]> {
  let summary = "matrix times vector, or times every column of a vector that is a matrix written row by row";
  let description = [{
    `result[m] = sum over k of matrix[m, k] * vector[k]`; with `transposed`, of matrix[k, m] * vector[k]. A vector of `columns` times as
    many elements is a matrix of as many columns, row by row: `result[m * columns + p] = sum over k of matrix[m, k] * vector[k * columns + p]`.
    So one matrix over the channels of an image acts at each of its positions.

    ```mlir
    %h = flow.matvec %w, %x : tensor<4x2xf64>, tensor<2xf64> -> tensor<4xf64>
    %g = flow.matvec transposed %w, %h : tensor<4x2xf64>, tensor<4xf64> -> tensor<2xf64>
    %c = flow.matvec %w, %image : tensor<4x2xf64>, tensor<18xf64> -> tensor<36xf64>   // 2 channels of 3 x 3 to 4
    ```
  }];
  let arguments = (ins Flow_Tensor:$matrix, Flow_Vector:$vector, UnitAttr:$transposed);
  let results = (outs Flow_Vector:$result);
  let assemblyFormat = "(`transposed` $transposed^)? $matrix `,` $vector attr-dict `:` type($matrix) `,` type($vector) `->` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The sizes of the matrix as it is applied: it takes `depth()` elements of a column to `rows()`.
    int64_t rows();
    int64_t depth();
    int64_t columns();
    /// The number of the element (m, k) in the matrix as it is written.
    int64_t entry(int64_t m, int64_t k) { return getTransposed() ? k * rows() + m : m * depth() + k; }
  }];
}

def SolveTriangularOp : AnsweringOp<"solve_triangular", [AllTypesMatch<["vector", "result"]>,
                                                         DeclareOpInterfaceMethods<DependencyOpInterface>,
                                                         DeclareOpInterfaceMethods<DifferentiateOpInterface, ["wideTangent"]>], ["requirements"]> {
  let summary = "the vector that a triangular matrix takes to a given one";
  let description = [{
    The x with `(D + L) x = vector`, where D is `diagonal` (ones, if there is none) and L what `matrix` has below its diagonal, with
    `upper` above it; with `transposed` of the transpose of D + L. All other elements of `matrix` must be 0, as those of a strict
    `flow.causal` are: they are not read, and their gradients mean nothing. A vector of several columns, written as for `flow.matvec`,
    is solved column by column; `diagonal` has one number for each of its elements.

    ```mlir
    %x = flow.solve_triangular %l, %y : tensor<3x3xf64>, tensor<3xf64>
    %z = flow.solve_triangular upper transposed %u, %y diagonal(%d : tensor<3xf64>) : tensor<3x3xf64>, tensor<3xf64>
    ```
  }];
  let arguments = (ins Flow_Tensor:$matrix, Flow_Vector:$vector, Optional<Flow_Vector>:$diagonal, UnitAttr:$upper, UnitAttr:$transposed);
  let results = (outs Flow_Vector:$result);
  let assemblyFormat = [{
    (`upper` $upper^)? (`transposed` $transposed^)? $matrix `,` $vector (`diagonal` `(` $diagonal^ `:` type($diagonal) `)`)? attr-dict `:`
    type($matrix) `,` type($vector)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t rows() { return ::mlir::cast<::mlir::RankedTensorType>(getMatrix().getType()).getDimSize(0); }
    int64_t columns();
    /// Whether elements are solved from the last to the first.
    bool isBackward() { return getUpper() != getTransposed(); }
  }];
}

def CausalOp : AnsweringOp<"causal", [SameOperandsAndResultType, DeclareOpInterfaceMethods<DependencyOpInterface, ["sumOfProducts"]>,
                                      DeclareOpInterfaceMethods<DifferentiateOpInterface>,
                                      DeclareOpInterfaceMethods<NonZeroOpInterface>], ["steepness", "norm"]> {
  let summary = "a matrix in which row m sees only the columns that do not rank above it";
  let description = [{
    `result[m, k] = columns[k] <= rows[m] ? matrix[m, k] : 0`. Covers the masks of autoregressive networks in any order (strict
    ones by ranks shifted by one), triangular and block-triangular matrices.

    ```mlir
    // strictly lower triangular: row m sees columns 0 .. m-1
    %l = flow.causal %w rows [-1, 0, 1] columns [0, 1, 2] : tensor<3x3xf64>
    ```
  }];
  let arguments = (ins Flow_Tensor:$matrix, DenseI64ArrayAttr:$rows, DenseI64ArrayAttr:$columns);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$matrix `rows` $rows `columns` $columns attr-dict `:` type($matrix)";
  let hasVerifier = 1;
}

def OuterOp : AnsweringOp<"outer", [DeclareOpInterfaceMethods<DependencyOpInterface>,
                                    DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "the matrix of all products of two vectors: the adjoint of `flow.matvec` in its matrix";
  let description = [{
    `result[m, k] = left[m] * right[k]`; of vectors of several columns the sum over them: `left[m * columns + p] * right[k * columns + p]`.

    ```mlir
    %p = flow.outer %h, %x : tensor<4xf64>, tensor<2xf64> -> tensor<4x2xf64>
    %q = flow.outer %c, %image : tensor<36xf64>, tensor<18xf64> -> tensor<4x2xf64>
    ```
  }];
  let arguments = (ins Flow_Vector:$left, Flow_Vector:$right);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$left `,` $right attr-dict `:` type($left) `,` type($right) `->` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t rows() { return ::mlir::cast<::mlir::RankedTensorType>(getResult().getType()).getDimSize(0); }
    int64_t width() { return ::mlir::cast<::mlir::RankedTensorType>(getResult().getType()).getDimSize(1); }
    int64_t columns();
  }];
}

def ExtractOp : AnsweringOp<"extract", [DeclareOpInterfaceMethods<DependencyOpInterface, ["movedFrom"]>,
                                        DeclareOpInterfaceMethods<DifferentiateOpInterface, ["wideTangent"]>,
                                        DeclareOpInterfaceMethods<NonZeroOpInterface>], ["steepness", "norm"]> {
  let summary = "some elements of a vector, each at most once";
  let description = [{
    `result[i] = vector[indices[i]]`. A mask, a slice and a permutation are all of this form. The elements of a matrix are numbered row by
    row; the result may be a matrix, too.

    ```mlir
    %b = flow.extract %x [1] : tensor<2xf64> -> tensor<1xf64>
    ```
  }];
  let arguments = (ins Flow_Tensor:$vector, DenseI64ArrayAttr:$indices);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$vector $indices attr-dict `:` type($vector) `->` type($result)";
  let hasVerifier = 1;
}

def MergeOp : AnsweringOp<"merge", [DeclareOpInterfaceMethods<DependencyOpInterface, ["movedFrom"]>,
                                    DeclareOpInterfaceMethods<DifferentiateOpInterface, ["wideTangent"]>,
                                      DeclareOpInterfaceMethods<NonZeroOpInterface>], ["steepness", "norm"]> {
  let summary = "one vector from pieces, each at its own indices; elements named by no piece are 0";
  let description = [{
    `result[indices[k][i]] = pieces[k][i]`. No index occurs twice; the elements of a matrix are numbered row by row. The inverse of
    `flow.extract` by each of the lists; its adjoint where there are holes.

    ```mlir
    %y = flow.merge(%b, %a) [array<i64: 1>, array<i64: 0>] : (tensor<1xf64>, tensor<1xf64>) -> tensor<2xf64>
    ```
  }];
  let arguments = (ins Variadic<Flow_Tensor>:$pieces, ArrayAttr:$indices);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "`(` $pieces `)` $indices attr-dict `:` functional-type($pieces, $result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{ ::llvm::ArrayRef<int64_t> pieceIndices(unsigned k); }];
}

def SumOp : AnsweringOp<"sum", [DeclareOpInterfaceMethods<DependencyOpInterface, ["sumOfProducts", "movedFrom"]>,
                                DeclareOpInterfaceMethods<DifferentiateOpInterface, ["wideTangent"]>], ["steepness"]> {
  let summary = "the sum of all elements";
  let description = [{
    A tensor of rank 0: `result = sum over i of vector[i]`. What makes a log-determinant of log-derivatives.

    ```mlir
    %d = flow.sum %x : tensor<2xf64> -> tensor<f64>
    ```
  }];
  let arguments = (ins Flow_Tensor:$vector);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$vector attr-dict `:` type($vector) `->` type($result)";
}

def SplatOp : AnsweringOp<"splat", [DeclareOpInterfaceMethods<DependencyOpInterface, ["movedFrom"]>,
                                    DeclareOpInterfaceMethods<DifferentiateOpInterface, ["wideTangent"]>], ["steepness"]> {
  let summary = "a scalar repeated into a tensor";
  let description = [{
    Every element of the result is `scalar`, a tensor of rank 0. The adjoint of `flow.sum`.

    ```mlir
    %r = flow.splat %d : tensor<f64> -> tensor<2xf64>
    ```
  }];
  let arguments = (ins Flow_Tensor:$scalar);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$scalar attr-dict `:` type($scalar) `->` type($result)";
}

def RepeatOp : AnsweringOp<"repeat", [DeclareOpInterfaceMethods<DependencyOpInterface, ["movedFrom"]>,
                                      DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "a vector with every element several times";
  let description = [{
    `result[i * times + j] = vector[i]`: a matrix, written row by row, of which all columns are the vector.

    ```mlir
    %r = flow.repeat %x : tensor<2xf64> -> tensor<6xf64>   // x[0] x[0] x[0] x[1] x[1] x[1]
    ```
  }];
  let arguments = (ins Flow_Vector:$vector);
  let results = (outs Flow_Vector:$result);
  let assemblyFormat = "$vector attr-dict `:` type($vector) `->` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = "int64_t times();";
}

def SumRowsOp : AnsweringOp<"sum_rows", [DeclareOpInterfaceMethods<DependencyOpInterface>,
                                         DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "the sum of each row of a matrix that is written row by row";
  let description = [{
    `result[i] = sum over j of vector[i * width + j]`. The adjoint of `flow.repeat`.

    ```mlir
    %s = flow.sum_rows %x : tensor<6xf64> -> tensor<2xf64>   // x[0] + x[1] + x[2], x[3] + x[4] + x[5]
    ```
  }];
  let arguments = (ins Flow_Vector:$vector);
  let results = (outs Flow_Vector:$result);
  let assemblyFormat = "$vector attr-dict `:` type($vector) `->` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = "int64_t width();";
}

//===- matrices of a sample's own -----------------------------------------------------------------------------------===//
// Vectors, written row by row. Their symmetric parts are positive definite, v . M v > 0 for all v, as is that of 1 + dg/dx where g is a
// contraction: then all pivots of an elimination without exchanges are positive.

def LogDetOp : AnsweringOp<"log_det", [DeclareOpInterfaceMethods<DependencyOpInterface>,
                                       DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "the logarithm of the determinant of a matrix with a positive definite symmetric part";
  let description = [{
    `matrix` is square and written row by row. `flow-expand-systems` makes it the sum of the logarithms of what `flow.eliminate` leaves on
    the diagonal.

    ```mlir
    %d = flow.log_det %m : tensor<9xf64> -> tensor<f64>
    ```
  }];
  let arguments = (ins Flow_Vector:$matrix);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$matrix attr-dict `:` type($matrix) `->` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = "int64_t size();";
}

def SolveOp : AnsweringOp<"solve", [AllTypesMatch<["vector", "result"]>, DeclareOpInterfaceMethods<DependencyOpInterface>,
                                    DeclareOpInterfaceMethods<DifferentiateOpInterface>]> {
  let summary = "the vector that a matrix with a positive definite symmetric part takes to a given one";
  let description = [{
    The x with `M x = vector`, with `transposed` of the transpose of M; `matrix` is M, written row by row. A vector of several columns,
    written as for `flow.matvec`, is solved column by column. `flow-expand-systems` makes it `flow.eliminate` and `flow.substitute`.

    ```mlir
    %x = flow.solve %m, %y : tensor<9xf64>, tensor<3xf64>
    %z = flow.solve transposed %m, %y : tensor<9xf64>, tensor<3xf64>
    ```
  }];
  let arguments = (ins Flow_Vector:$matrix, Flow_Vector:$vector, UnitAttr:$transposed);
  let results = (outs Flow_Vector:$result);
  let assemblyFormat = "(`transposed` $transposed^)? $matrix `,` $vector attr-dict `:` type($matrix) `,` type($vector)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t size();
    int64_t columns();
  }];
}

def EliminateOp : FlowOp<"eliminate", [Pure, SameOperandsAndResultType]> {
  let summary = "the triangles L and U whose product is a matrix, L with ones on its diagonal";
  let description = [{
    Of a square matrix with a positive definite symmetric part, written row by row, by elimination without exchanges. U is on and above
    the diagonal of the result, and L below it.

    ```mlir
    %lu = flow.eliminate %m : tensor<9xf64>
    ```
  }];
  let arguments = (ins Flow_Vector:$matrix);
  let results = (outs Flow_Vector:$result);
  let assemblyFormat = "$matrix attr-dict `:` type($matrix)";
}

def SubstituteOp : FlowOp<"substitute", [Pure, AllTypesMatch<["vector", "result"]>]> {
  let summary = "the vector that the product of two triangles takes to a given one";
  let description = [{
    The same as `flow.solve` of the matrix of which `triangles` is the `flow.eliminate`.

    ```mlir
    %x = flow.substitute %lu, %y : tensor<9xf64>, tensor<3xf64>
    ```
  }];
  let arguments = (ins Flow_Vector:$triangles, Flow_Vector:$vector, UnitAttr:$transposed);
  let results = (outs Flow_Vector:$result);
  let assemblyFormat = "(`transposed` $transposed^)? $triangles `,` $vector attr-dict `:` type($triangles) `,` type($vector)";
}

//===- facts --------------------------------------------------------------------------------------------------------===//

def ConstrainedOp : AnsweringOp<"constrained", [SameOperandsAndResultType,
      DeclareOpInterfaceMethods<DependencyOpInterface, ["isElementwise"]>,
      DeclareOpInterfaceMethods<DifferentiateOpInterface, ["logDerivative"]>],
      ["evaluate", "smtTerm", "limit", "steepness", "norm", "spectralNorm"]> {
  let summary = "the operand, known to lie in an interval";
  let description = [{
    The identity, with a fact from a declared domain: every element lies between `low` and `high`, and is not `low` (`high`) where
    `low_open` (`high_open`) holds. Removed by `flow-drop-facts` once the proofs and derivations that use it are done.

    ```mlir
    %c = flow.constrained %x {low = 0.0 : f64, high = 1.0 : f64, low_open = true, high_open = true} : tensor<2xf64>
    ```
  }];
  let arguments = (ins Flow_Real:$value, F64Attr:$low, F64Attr:$high, BoolAttr:$low_open, BoolAttr:$high_open);
  let results = (outs Flow_Real:$result);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def NormBoundedOp : AnsweringOp<"norm_bounded", [SameOperandsAndResultType,
      DeclareOpInterfaceMethods<DependencyOpInterface, ["isElementwise"]>,
      DeclareOpInterfaceMethods<DifferentiateOpInterface>],
      ["evaluate", "smtTerm", "limit", "steepness", "norm", "spectralNorm"]> {
  let summary = "the operand, known to have a norm of at most `bound`";
  let description = [{
    The identity, with a fact from the declared domain `norm(bound)`: the root of the sum of all squares, of a matrix the Frobenius norm,
    is not above `bound`; nor then is the spectral norm, which says how far a matrix moves what moves by 1. With `spectral`, from the
    domain `spectral(bound)`, it is only the latter that is not above `bound`; of some elements of a matrix that says what each of them
    is within. Removed by `flow-drop-facts`.

    ```mlir
    %w = flow.norm_bounded %v {bound = 0.9 : f64} : tensor<4x2xf64>
    %s = flow.norm_bounded spectral %v {bound = 0.9 : f64} : tensor<4x2xf64>
    ```
  }];
  let arguments = (ins Flow_Real:$value, F64Attr:$bound, UnitAttr:$spectral);
  let results = (outs Flow_Real:$result);
  let assemblyFormat = "(`spectral` $spectral^)? $value attr-dict `:` type($value)";
}

def SpectralNormOp : AnsweringOp<"spectral_norm", [DeclareOpInterfaceMethods<DependencyOpInterface>], ["evaluateAll"]> {
  let summary = "a bound of how many times longer a matrix makes a vector, or `least` if it makes none that much longer";
  let description = [{
    The larger of `least` and a number that is never below the spectral norm (the largest singular value) of `matrix` and at most 1 % above
    it, whatever the parameters are and however they are rounded. An iteration on vectors would come from below and prove nothing; this is
    the Frobenius norm of a high power of the matrix times its transpose, of which the root is taken: all singular values are in it, but
    the largest outweighs the others. `flow-expand-norms` writes it as products of matrices, which are differentiated like any others.

    ```mlir
    %s = flow.spectral_norm %w {least = 0.9 : f64} : tensor<4x2xf64> -> tensor<f64>
    ```
  }];
  let arguments = (ins Flow_Tensor:$matrix, F64Attr:$least);
  let results = (outs Flow_Tensor:$result);
  let assemblyFormat = "$matrix attr-dict `:` type($matrix) `->` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t rows() { return ::mlir::cast<::mlir::RankedTensorType>(getMatrix().getType()).getDimSize(0); }
    int64_t columns() { return ::mlir::cast<::mlir::RankedTensorType>(getMatrix().getType()).getDimSize(1); }
    /// How often the smaller of the matrix's two products with its transpose is squared.
    int squarings();
    /// By how much the result is made larger for the sake of what is rounded, in f32.
    double slack();
  }];
}

def DetachOp : AnsweringOp<"detach", [SameOperandsAndResultType, HeldOpInterface,
      DeclareOpInterfaceMethods<DependencyOpInterface, ["isElementwise"]>,
      DeclareOpInterfaceMethods<DifferentiateOpInterface>], ["evaluate", "smtTerm", "limit"]> {
  let summary = "the operand, held constant when gradients are taken";
  let description = [{
    The identity with derivative 0. Written by the differentiation of roots, and removed by `flow-drop-detached` behind it.

    ```mlir
    %k = flow.detach %x : tensor<2xf64>
    ```
  }];
  let arguments = (ins Flow_Real:$value);
  let results = (outs Flow_Real:$result);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

//===- roots and fixed points ---------------------------------------------------------------------------------------===//

def RootOp : FlowOp<"root", [SingleBlock, RecursiveMemoryEffects, RecursivelySpeculatable,
                             AllTypesMatch<["target", "result"]>]> {
  let summary = "the t at which a strictly monotone formula equals the target, element by element";
  let description = [{
    The body computes f(t) and f'(t) from t (its argument) and values captured from outside. `decreasing` tells the direction. The
    root lies in the open interval (lower, upper); either end may be infinite. Lowered to a Newton iteration that is kept in a
    bracket which every step shrinks, so that it converges quadratically and cannot diverge. Differentiated by the implicit function
    theorem, never through the iteration.

    ```mlir
    // x + x^3 = y on (0, inf)
    %r = flow.root %y {lower = 0.0 : f64, upper = 0x7FF0000000000000 : f64} : tensor<2xf64> {
    ^bb0(%t: tensor<2xf64>):
      %t3 = flow.cube %t : tensor<2xf64>
      %f = arith.addf %t, %t3 : tensor<2xf64>
      %t2 = flow.square %t : tensor<2xf64>
      %three = arith.constant dense<3.0> : tensor<2xf64>
      %d3 = arith.mulf %t2, %three : tensor<2xf64>
      %one = arith.constant dense<1.0> : tensor<2xf64>
      %df = arith.addf %d3, %one : tensor<2xf64>
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

def FixedPointOp : FlowOp<"fixed_point", [SingleBlock, RecursiveMemoryEffects, RecursivelySpeculatable,
                                   AllTypesMatch<["start", "result"]>]> {
  let summary = "the vector that a contraction leaves where it is";
  let description = [{
    The body computes F(t) from t (its argument) and values captured from outside; `rate` < 1 is a proved Lipschitz bound of F, so that
    there is one t with F(t) = t, and every round of t <- F(t) brings `rate` of the distance to it. Lowered to a loop of as many rounds
    from `start` as the rate and the precision of the numbers need, which ends when nothing changes any more. Differentiated by the
    implicit function theorem, never through the loop.

    ```mlir
    // the x with x + tanh(x) / 2 = y
    %x = flow.fixed_point %y {rate = 0.5 : f64} : tensor<2xf64> {
    ^bb0(%t: tensor<2xf64>):
      %h = math.tanh %t : tensor<2xf64>
      %half = arith.constant dense<0.5> : tensor<2xf64>
      %g = arith.mulf %half, %h : tensor<2xf64>
      %next = arith.subf %y, %g : tensor<2xf64>
      flow.yield %next : tensor<2xf64>
    }
    ```
  }];
  let arguments = (ins Flow_Vector:$start, F64Attr:$rate);
  let results = (outs Flow_Vector:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$start attr-dict `:` type($start) $body";
  let hasVerifier = 1;
}

def IterateOp : FlowOp<"iterate", [SingleBlock, RecursiveMemoryEffects, RecursivelySpeculatable, AllTypesMatch<["start", "result"]>]> {
  let summary = "a vector that is replaced again and again, until it stays as it is";
  let description = [{
    t <- F(t) from `start`, at most `rounds` times. As for `flow.fixed_point` the body computes F(t), and what has come to rest must stay so:
    rounds that nothing needs any more are left out. It has no derivative of its own.

    ```mlir
    %x = flow.iterate %y rounds 12 : tensor<2xf64> {
    ^bb0(%t: tensor<2xf64>):
      %h = math.tanh %t : tensor<2xf64>
      flow.yield %h : tensor<2xf64>
    }
    ```
  }];
  let arguments = (ins Flow_Vector:$start, I64Attr:$rounds);
  let results = (outs Flow_Vector:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$start `rounds` $rounds attr-dict `:` type($start) $body";
  let hasVerifier = 1;
}

def LogDetSeriesOp : FlowOp<"log_det_series", [SingleBlock, RecursiveMemoryEffects, RecursivelySpeculatable]> {
  let summary = "some terms of the power series of log det(1 + J), as products of J with one vector";
  let description = [{
    `probe` is a random vector v with the mean of v v^T = 1, so that the trace of J^k is the mean of v . J^k v; the body computes the
    product of J with its argument. log det(1 + J) is the sum over k > 0 of (-1)^(k+1) / k times the trace of J^k. As many terms are
    taken as `draw`, uniform in (0, 1), says: the term k if it is less than P(k) = keep^(k - least), 1 for the first `least` terms, and each
    weighs 1 / P(k). With `keep` 0 it is the `least` terms alone.

    The result is the sum, and behind it the vector w = (1 - J + J^2 - ...) v of as many terms: an estimate of (1 + J)^-1 v. With it the
    derivative along dJ is the mean of v . dJ w, so that what is differentiated is one more product with J, and none of the terms.
    Becomes a `flow.iterate`.

    ```mlir
    %s = flow.log_det_series %v, %u least 2 keep 5.000000e-01 : tensor<3xf64>, tensor<1xf64> -> tensor<4xf64> {
    ^bb0(%t: tensor<3xf64>):
      %d = arith.mulf %slope, %t : tensor<3xf64>
      flow.yield %d : tensor<3xf64>
    }
    ```
  }];
  let arguments = (ins Flow_Vector:$probe, Flow_Vector:$draw, I64Attr:$least, F64Attr:$keep);
  let results = (outs Flow_Vector:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$probe `,` $draw `least` $least `keep` $keep attr-dict `:` type($probe) `,` type($draw) `->` type($result) $body";
  let hasVerifier = 1;
}

def YieldOp : FlowOp<"yield", [Pure, Terminator, ReturnLike, ParentOneOf<["RootOp", "FixedPointOp", "IterateOp", "LogDetSeriesOp"]>]> {
  let summary = "value and derivative of a root's formula, or the next vector of an iteration";
  let description = [{
    Ends the body of a `flow.root`: f(t) and f'(t), of the type of t; or of another op with a body: what it computes from t, one vector.

    ```mlir
    flow.yield %f, %df : tensor<2xf64>, tensor<2xf64>
    ```
  }];
  let arguments = (ins Variadic<Flow_Real>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

//===- scalar functions that the math dialect lacks ---------------------------------------------------------------===//
// Each is a row of Models/ScalarRules.def like those of the math dialect; their interfaces are attached with the others.

class ScalarFunctionOp<string mnemonic, string formula>
    : FlowOp<mnemonic, [Pure, SameOperandsAndResultType, Elementwise, Scalarizable, Vectorizable, Tensorizable]> {
  let summary = formula;
  let description = "Element by element, of a number, a tensor or a vector.\n\n```mlir\n%y = flow." # mnemonic # " %x : tensor<2xf64>\n```\n\n" #
                    "Its derivative, range and inverse are its row of `Models/ScalarRules.def`.";
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

def TurnOp : FlowOp<"turn", [Pure, SameOperandsAndResultType, Elementwise, Scalarizable, Vectorizable, Tensorizable]> {
  let summary = "an angle in (-pi, pi), turned";
  let description = [{
    x + s less as many whole turns that it lies in (-pi, pi): of the circle, which is this interval with its ends as one point, a
    bijection for every s. Of the interval it is none that is continuous, so that it may only be the last step of a layer's formula.

    ```mlir
    %y = flow.turn %x by %s : tensor<2xf64>
    ```
  }];
  let arguments = (ins Flow_Real:$angle, Flow_Real:$by);
  let results = (outs Flow_Real:$result);
  let assemblyFormat = "$angle `by` $by attr-dict `:` type($result)";
}

#endif

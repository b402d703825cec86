// SPDX-License-Identifier: MIT
//
// The language's own functions, a table of rows. On numbers they compute at compile time, on tensors they build.

#include "dsl/Elaborator.h"
#include "dsl/Images.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace flowc::dsl {

/// The rows' bodies; a struct, so that they share the elaborator's privacy.
struct Builtins {
  using Things = std::vector<Thing>;
  using Domain = Elaborator::Domain::Kind;
  using Body = MaybeThing (*)(Elaborator &, const Things &, SourceLocation);
  struct Row {
    const char *name;
    size_t least, most;
    Body body;
  };

  static MaybeThing len(Elaborator &e, const Things &a, SourceLocation loc) {
    if (const ListThing *list = a[0].as<ListThing>())
      return Thing{double(list->items->size())};
    auto tensor = e.vector(a[0], loc, "what has a length");
    if (!tensor)
      return std::nullopt;
    return Thing{double(tensor->shape[0])};
  }

  static MaybeThing sum(Elaborator &e, const Things &a, SourceLocation loc) {
    if (const ListThing *list = a[0].as<ListThing>())
      return e.sumOf(*list, loc);
    if (a[0].as<double>())
      return a[0];
    auto tensor = e.vector(a[0], loc, "what is summed");
    if (!tensor)
      return std::nullopt;
    return Thing{TensorThing{e.builder.sum(tensor->value, loc), {}}};
  }

  static MaybeThing dot(Elaborator &e, const Things &a, SourceLocation loc) {
    auto product = e.arithmetic("*", a[0], a[1], loc);
    return product ? sum(e, {*product}, loc) : std::nullopt;
  }

  static MaybeThing matvec(Elaborator &e, const Things &a, SourceLocation loc) {
    const TensorThing *matrix = a[0].as<TensorThing>();
    auto vector = e.vector(a[1], loc, "the second argument of `matvec`");
    auto columns = a.size() > 2 ? e.integer(a[2], loc, "the number of columns") : std::optional<int64_t>(1);
    if (!vector || !columns)
      return std::nullopt;
    if (*columns < 1)
      return e.failFor(a[2], Kind::BadSize, loc, "a vector is not cut into {} columns; expected at least 1", *columns);
    if (!matrix || matrix->shape.size() != 2 || matrix->shape[1] * *columns != vector->shape[0])
      return e.fail(Kind::ShapeMismatch, loc, "{} does not multiply {}{}", a[0].describe(), a[1].describe(),
                    *columns == 1 ? "" : fmt::format(" as a matrix of {} columns", *columns));
    if (!e.checkSize(matrix->shape[0] * *columns, loc))
      return std::nullopt;
    return Thing{TensorThing{e.builder.matvec(matrix->value, vector->value, *columns, loc), {matrix->shape[0] * *columns}}};
  }

  //===- images -----------------------------------------------------------------------------------------------------===//

  /// The sizes of an image, [channels, height, width].
  static std::optional<Image> image(Elaborator &e, const Thing &thing, SourceLocation loc) {
    auto sizes = e.integers(thing, loc, "the shape of an image");
    if (!sizes)
      return std::nullopt;
    if (sizes->size() != 3)
      return e.failFor(thing, Kind::ShapeMismatch, loc,
                       "an image has three sizes, but this has {}; give them by `data real[channels, height, width]`, or where they "
                       "change by `shape = [channels, height, width]`",
                       sizes->size());
    for (int64_t size : *sizes)
      if (size < 0 || (size == 0 && &size != sizes->data()))
        return e.failFor(thing, Kind::BadSize, loc, "an image of {} x {} x {}: expected sizes above 0", (*sizes)[0], (*sizes)[1], (*sizes)[2]);
    int64_t positions = 0, all = 0;
    if (__builtin_mul_overflow((*sizes)[1], (*sizes)[2], &positions) || __builtin_mul_overflow(positions, (*sizes)[0], &all) ||
        !e.checkSize(std::max(positions, all), loc))
      return std::nullopt;
    return Image{(*sizes)[0], (*sizes)[1], (*sizes)[2]};
  }

  /// A vector, and the image that it is: of the given height and width, and of as many channels as it has.
  static std::optional<std::pair<TensorThing, Image>> imageVector(Elaborator &e, const Thing &vector, const Thing &shape, SourceLocation loc) {
    auto given = image(e, shape, loc);
    auto tensor = given ? e.vector(vector, loc, "an image") : std::nullopt;
    if (!tensor)
      return std::nullopt;
    if (tensor->shape[0] % given->positions() != 0)
      return e.failFor(shape, Kind::ShapeMismatch, loc, "{} is no image of {} x {} positions", vector.describe(), given->height, given->width);
    given->channels = tensor->shape[0] / given->positions();
    return std::make_pair(*tensor, *given);
  }

  static MaybeThing positions(Elaborator &e, const Things &a, SourceLocation loc) {
    auto given = image(e, a[0], loc);
    return given ? MaybeThing(Thing{double(given->positions())}) : std::nullopt;
  }

  /// Every element's neighbor, and 0 where there is none.
  static MaybeThing neighbor(Elaborator &e, const Things &a, SourceLocation loc) {
    auto from = imageVector(e, a[0], a[1], loc);
    auto distance = from ? e.integers(a[2], loc, "the distance of a neighbor") : std::nullopt;
    if (!distance)
      return std::nullopt;
    if (distance->size() != 2)
      return e.failFor(a[2], Kind::ShapeMismatch, loc, "the distance of a neighbor is [down, right], but this has {} numbers", distance->size());
    const auto &[vector, given] = *from;
    if ((*distance)[0] == 0 && (*distance)[1] == 0)
      return Thing{vector};
    std::vector<int64_t> sources, places, holes, all = neighbors(given, (*distance)[0], (*distance)[1]);
    for (int64_t place = 0; place < given.size(); ++place)
      if (all[place] >= 0) {
        sources.push_back(all[place]);
        places.push_back(place);
      } else {
        holes.push_back(place);
      }
    TensorThing nothing{e.scalarConstant(0, {int64_t(holes.size())}, loc), {int64_t(holes.size())}};
    if (sources.empty())
      return Thing{nothing};
    return mergeAt(e, {e.extract(vector, std::move(sources), loc), nothing}, {places, holes}, loc);
  }

  static MaybeThing squeeze(Elaborator &e, const Things &a, SourceLocation loc) {
    auto from = imageVector(e, a[0], a[1], loc);
    auto side = from ? e.integer(a[2], loc, "the side of a block") : std::nullopt;
    if (!side)
      return std::nullopt;
    const auto &[vector, given] = *from;
    if (*side < 1 || given.height % *side || given.width % *side)
      return e.failFor(a[2], Kind::ShapeMismatch, loc, "an image of {} x {} positions has no blocks of {} x {}", given.height, given.width,
                       *side, *side);
    return Thing{e.extract(vector, squeezed(given, *side), loc)};
  }

  /// A mask of images, of the data's shape if none is given. In a `repeat` its two sides take turns.
  template <std::vector<int64_t> (*kept)(const Image &)> static MaybeThing imageMask(Elaborator &e, const Things &a, SourceLocation loc) {
    auto given = image(e, a.empty() ? e.event() : a[0], loc);
    if (!given)
      return std::nullopt;
    MaskThing mask;
    mask.pattern = MaskThing::Pattern::Listed;
    mask.listed = kept(*given);
    mask.swapped = e.iteration % 2 == 1;
    return Thing{mask};
  }

  /// The matrix with what would make a row depend on a column of higher rank taken away.
  static MaybeThing causal(Elaborator &e, const Things &a, SourceLocation loc) {
    const TensorThing *matrix = a[0].as<TensorThing>();
    if (!matrix || matrix->shape.size() != 2)
      return e.failFor(a[0], Kind::TypeMismatch, loc, "the first argument of `causal` must be a matrix, but is {}", a[0].describe());
    auto rows = e.integers(a[1], loc, "the ranks of rows"), columns = e.integers(a[2], loc, "the ranks of columns");
    if (!rows || !columns)
      return std::nullopt;
    if (Shape{static_cast<int64_t>(rows->size()), static_cast<int64_t>(columns->size())} != matrix->shape)
      return e.fail(Kind::ShapeMismatch, loc, "there are ranks for {} x {}, but this is {}", rows->size(), columns->size(),
                    a[0].describe());
    return Thing{TensorThing{e.builder.causal(matrix->value, *rows, *columns, loc), matrix->shape}};
  }

  /// lower(W, k): what W has up to k places right of its diagonal; upper(W, k): from k places right of it on.
  template <bool isLower> static MaybeThing triangle(Elaborator &e, const Things &a, SourceLocation loc) {
    const TensorThing *matrix = a[0].as<TensorThing>();
    if (!matrix || matrix->shape.size() != 2)
      return e.failFor(a[0], Kind::TypeMismatch, loc, "the first argument of `{}` must be a matrix, but is {}",
                       isLower ? "lower" : "upper", a[0].describe());
    auto offset = a.size() > 1 ? e.integer(a[1], loc, "a diagonal's number") : std::optional<int64_t>(0);
    if (!offset)
      return std::nullopt;
    std::vector<int64_t> rows(matrix->shape[0]), columns(matrix->shape[1]);
    for (size_t m = 0; m < rows.size(); ++m)
      rows[m] = isLower ? int64_t(m) + *offset : -int64_t(m) - *offset;
    for (size_t k = 0; k < columns.size(); ++k)
      columns[k] = isLower ? int64_t(k) : -int64_t(k);
    return Thing{TensorThing{e.builder.causal(matrix->value, std::move(rows), std::move(columns), loc), matrix->shape}};
  }

  /// `count` numbers of low .. high: spread evenly and in order, or drawn by a seed.
  static MaybeThing degrees(Elaborator &e, const Things &a, SourceLocation loc) {
    auto count = e.integer(a[0], loc, "the number of degrees");
    auto low = e.integer(a[1], loc, "the lowest degree"), high = e.integer(a[2], loc, "the highest degree");
    if (!count || !low || !high)
      return std::nullopt;
    if (*count < 0 || *high < *low)
      return e.failFor(a[0], Kind::BadSize, loc, "there are no {} degrees from {} to {}", *count, *low, *high);
    if (!e.checkSize(*count, loc))
      return std::nullopt;
    const MaskThing *random = a.size() > 3 ? a[3].as<MaskThing>() : nullptr;
    if (a.size() > 3 && (!random || random->pattern != MaskThing::Pattern::Random))
      return e.failFor(a[3], Kind::TypeMismatch, loc, "degrees are drawn by `random(seed)`, but this is {}", a[3].describe());
    std::vector<int64_t> drawn;
    if (random)
      drawn = randomNumbers(random->seed, *count, *high - *low + 1);
    Things items;
    for (int64_t k = 0; k < *count; ++k)
      items.push_back(Thing{double(*low + (random ? drawn[k] : k * (*high - *low + 1) / *count))});
    return Thing::list(std::move(items));
  }

  /// A list repeated until there are so many.
  static MaybeThing cycle(Elaborator &e, const Things &a, SourceLocation loc) {
    const ListThing *list = a[0].as<ListThing>();
    auto count = e.integer(a[1], loc, "the length of a list");
    if (!list)
      return e.failFor(a[0], Kind::TypeMismatch, loc, "what is repeated must be a list, but is {}", a[0].describe());
    if (!count)
      return std::nullopt;
    if (*count < 0 || (*count > 0 && list->items->empty()))
      return e.failFor(a[1], Kind::BadSize, loc, "{} cannot be repeated to {} elements", a[0].describe(), *count);
    if (!e.checkSize(*count, loc))
      return std::nullopt;
    Things items;
    for (int64_t k = 0; k < *count; ++k)
      items.push_back((*list->items)[k % list->items->size()]);
    return Thing::list(std::move(items));
  }

  /// A mask as an argument: the words, a list of indices, random(seed).
  static std::optional<MaskThing> mask(Elaborator &e, const Thing &thing, SourceLocation loc) {
    if (const MaskThing *mask = thing.as<MaskThing>())
      return *mask;
    // `checkerboard` alone is that of the data's shape.
    if (const FunctionThing *word = thing.as<FunctionThing>(); word && (word->name == "checkerboard" || word->name == "channels")) {
      auto called = find(word->name)->body(e, {}, loc);
      return called ? std::optional(*called->as<MaskThing>()) : std::nullopt;
    }
    if (!thing.as<ListThing>())
      return e.failFor(thing, Kind::BadMask, loc,
                       "a mask is `half`, `alternate`, `random(seed)`, `checkerboard`, `channels` or a list of indices, but this is {}",
                       thing.describe());
    auto indices = e.integers(thing, loc, "a mask");
    if (!indices)
      return std::nullopt;
    MaskThing mask;
    mask.pattern = MaskThing::Pattern::Listed;
    mask.listed = *indices;
    return mask;
  }

  static std::optional<MaskIndices> resolved(Elaborator &e, const Thing &thing, int64_t size, SourceLocation loc) {
    auto pattern = mask(e, thing, loc);
    if (!pattern)
      return std::nullopt;
    int64_t wrong = 0;
    auto indices = resolveMask(*pattern, size, wrong);
    if (!indices)
      return e.failFor(thing, Kind::BadMask, loc, "index {} of the mask {}", wrong,
                       wrong < 0 || wrong >= size ? fmt::format("is not in 0 .. {}", size - 1) : "occurs twice");
    return indices;
  }

  static MaybeThing split(Elaborator &e, const Things &a, SourceLocation loc) {
    auto vector = e.vector(a[0], loc, "what is split");
    auto indices = vector ? resolved(e, a[1], vector->shape[0], loc) : std::nullopt;
    if (!indices)
      return std::nullopt;
    return Thing::list(
        {Thing{e.extract(*vector, indices->kept, loc)}, Thing{e.extract(*vector, indices->changed, loc)}});
  }

  static MaybeThing mergeAt(Elaborator &e, const std::vector<TensorThing> &pieces,
                            const std::vector<std::vector<int64_t>> &indices, SourceLocation loc) {
    std::vector<Value> values;
    int64_t size = 0;
    for (const TensorThing &piece : pieces) {
      values.push_back(piece.value);
      size += piece.shape[0];
    }
    if (!e.checkSize(size, loc))
      return std::nullopt;
    return Thing{TensorThing{e.builder.merge(values, indices, size, loc), {size}}};
  }

  static MaybeThing merge(Elaborator &e, const Things &a, SourceLocation loc) {
    auto first = e.vector(a[1], loc, "the second argument of `merge`");
    auto second = e.vector(a[2], loc, "the third argument of `merge`");
    if (!first || !second)
      return std::nullopt;
    auto indices = resolved(e, a[0], first->shape[0] + second->shape[0], loc);
    if (!indices)
      return std::nullopt;
    if (static_cast<int64_t>(indices->kept.size()) != first->shape[0])
      return e.fail(Kind::ShapeMismatch, loc, "the mask keeps {} elements, but the part to keep is {}",
                    indices->kept.size(), a[1].describe());
    return mergeAt(e, {*first, *second}, {indices->kept, indices->changed}, loc);
  }

  static Thing concatLists(const Things &a) {
    Things items;
    for (const Thing &thing : a)
      if (const ListThing *list = thing.as<ListThing>())
        items.insert(items.end(), list->items->begin(), list->items->end());
      else
        items.push_back(thing);
    return Thing::list(std::move(items));
  }

  static MaybeThing concat(Elaborator &e, const Things &a, SourceLocation loc) {
    bool onlyLists = std::all_of(a.begin(), a.end(), [](const Thing &thing) { return thing.as<ListThing>(); });
    if (onlyLists || Elaborator::listsVectors(a))
      return concatLists(a);
    // An empty list adds nothing, such as the context of a flow that has none.
    auto isNothing = [](const Thing &thing) { return thing.as<ListThing>() && thing.as<ListThing>()->items->empty(); };
    Things parts;
    std::remove_copy_if(a.begin(), a.end(), std::back_inserter(parts), isNothing);
    const TensorThing *first = parts[0].as<TensorThing>();
    if (parts.size() == 1 && a.size() > 1 && first && first->shape.size() == 1 && !first->truth)
      return parts[0];
    std::vector<TensorThing> pieces;
    std::vector<std::vector<int64_t>> indices;
    int64_t next = 0;
    for (const Thing &thing : parts) {
      const TensorThing *tensor = thing.as<TensorThing>();
      std::optional<TensorThing> piece;
      if (const double *number = thing.as<double>())
        piece = TensorThing{e.scalarConstant(*number, {1}, loc), {1}};
      else if (tensor && tensor->shape.empty() && !tensor->truth)
        piece = TensorThing{e.builder.splat(tensor->value, {1}, loc), {1}};
      else
        piece = e.vector(thing, loc, "what is concatenated");
      if (!piece)
        return std::nullopt;
      pieces.push_back(*piece);
      if (!e.checkSize(next + piece->shape[0], loc))
        return std::nullopt;
      indices.emplace_back(piece->shape[0]);
      std::iota(indices.back().begin(), indices.back().end(), next);
      next += piece->shape[0];
    }
    return mergeAt(e, pieces, indices, loc);
  }

  static MaybeThing chunk(Elaborator &e, const Things &a, SourceLocation loc) {
    auto vector = e.vector(a[0], loc, "what is cut into chunks");
    if (!vector)
      return std::nullopt;
    bool one = a[1].as<double>();
    auto sizes = e.integers(one ? Thing::list({a[1]}) : a[1], loc, "the sizes of the chunks");
    if (!sizes)
      return std::nullopt;
    if (std::accumulate(sizes->begin(), sizes->end(), int64_t(0)) != vector->shape[0])
      return e.failFor(a[1], Kind::ShapeMismatch, loc,
                       "the chunks' sizes do not add up to the {} elements of the vector", vector->shape[0]);
    if (one)
      return a[0];
    Things chunks;
    int64_t next = 0;
    for (int64_t size : *sizes) {
      if (size < 0)
        return e.failFor(a[1], Kind::BadSize, loc, "a chunk cannot have {} elements", size);
      std::vector<int64_t> indices(size);
      std::iota(indices.begin(), indices.end(), next);
      next += size;
      chunks.push_back(Thing{e.extract(*vector, std::move(indices), loc)});
    }
    return Thing::list(std::move(chunks));
  }

  /// The permutation of `size` elements that `thing` names.
  static std::optional<std::vector<int64_t>> permutation(Elaborator &e, const Thing &thing, int64_t size, SourceLocation loc) {
    const MaskThing *random = thing.as<MaskThing>();
    if (random && random->pattern == MaskThing::Pattern::Random)
      return randomPermutation(random->seed, size);
    auto order = e.integers(thing, loc, "a permutation");
    if (!order)
      return std::nullopt;
    std::vector<int64_t> sorted = *order, all(size);
    std::iota(all.begin(), all.end(), 0);
    std::sort(sorted.begin(), sorted.end());
    if (sorted != all)
      return e.failFor(thing, Kind::BadPermutation, loc,
                       "this is no permutation of 0 .. {}: each must occur exactly once", size - 1);
    return order;
  }

  static MaybeThing permute(Elaborator &e, const Things &a, SourceLocation loc) {
    const ListThing *list = a[0].as<ListThing>();
    auto vector = list ? std::nullopt : e.vector(a[0], loc, "what is permuted");
    if (!list && !vector)
      return std::nullopt;
    auto order = permutation(e, a[1], list ? list->items->size() : vector->shape[0], loc);
    if (!order)
      return std::nullopt;
    if (!list)
      return Thing{e.extract(*vector, *order, loc)};
    Things items;
    for (int64_t k : *order)
      items.push_back((*list->items)[k]);
    return Thing::list(std::move(items));
  }

  static MaybeThing reverse(Elaborator &e, const Things &a, SourceLocation loc) {
    if (const ListThing *list = a[0].as<ListThing>())
      return Thing::list({list->items->rbegin(), list->items->rend()});
    auto vector = e.vector(a[0], loc, "what is reversed");
    if (!vector)
      return std::nullopt;
    std::vector<int64_t> order(vector->shape[0]);
    std::iota(order.rbegin(), order.rend(), 0);
    return Thing{e.extract(*vector, std::move(order), loc)};
  }

  static MaybeThing random(Elaborator &e, const Things &a, SourceLocation loc) {
    auto seed = e.integer(a[0], loc, "a seed");
    if (!seed)
      return std::nullopt;
    MaskThing mask;
    mask.pattern = MaskThing::Pattern::Random;
    mask.seed = static_cast<uint64_t>(*seed);
    return Thing{mask};
  }

  static MaybeThing swap(Elaborator &e, const Things &a, SourceLocation loc) {
    auto swapped = mask(e, a[0], loc);
    if (!swapped)
      return std::nullopt;
    swapped->swapped = !swapped->swapped;
    return Thing{*swapped};
  }

  // b tanh(v / b)
  static MaybeThing bounded(Elaborator &e, const Things &a, SourceLocation loc) {
    if (const double *bound = a[1].as<double>(); bound && !(*bound > 0))
      return e.failFor(a[1], Kind::BadDomain, loc, "the bound of `bounded` must be above 0, but is {}", *bound);
    auto ratio = e.arithmetic("/", a[0], a[1], loc);
    auto squashed = ratio ? e.callScalar("tanh", {*ratio}, loc) : std::nullopt;
    return squashed ? e.arithmetic("*", a[1], *squashed, loc) : std::nullopt;
  }

  static MaybeThing softmax(Elaborator &e, const Things &a, SourceLocation loc) {
    if (const ListThing *list = a[0].as<ListThing>(); list && !list->items->empty())
      return e.softmaxOf(*list, loc);
    auto weights = e.vector(a[0], loc, "the argument of `softmax`");
    return weights ? MaybeThing(Thing{e.softmax(*weights, loc)}) : std::nullopt;
  }

  static MaybeThing range(Elaborator &e, const Things &a, SourceLocation loc) {
    auto first = a.size() == 2 ? e.integer(a[0], loc, "a bound") : std::optional<int64_t>(0);
    auto end = e.integer(a.back(), loc, "a bound");
    if (!first || !end)
      return std::nullopt;
    if (*end - *first > 1'000'000)
      return e.failFor(a.back(), Kind::TooLarge, loc, "a range of {} elements is too large", *end - *first);
    Things items;
    for (int64_t i = *first; i < *end; ++i)
      items.push_back(Thing{double(i)});
    return Thing::list(std::move(items));
  }

  static MaybeThing where(Elaborator &e, const Things &a, SourceLocation loc) {
    if (Elaborator::listsVectors(a))
      return e.overItems(a, loc, [&](const Things &items) { return where(e, items, loc); });
    return e.applyFunction("where", a, loc);
  }

  template <bool larger> static MaybeThing extremum(Elaborator &e, const Things &a, SourceLocation loc) {
    if (a.size() == 2)
      return e.extremum(a, larger, loc);
    const ListThing *list = a[0].as<ListThing>();
    if (!list || list->items->empty())
      return e.failFor(a[0], Kind::TypeMismatch, loc, "`{}` takes two arguments or a list that is not empty, not {}",
                       larger ? "max" : "min", a[0].describe());
    return e.largestOf(*list, larger, loc);
  }

  static MaybeThing cumsum(Elaborator &e, const Things &a, SourceLocation loc) {
    const ListThing *list = a[0].as<ListThing>();
    if (!list)
      return e.failFor(a[0], Kind::TypeMismatch, loc, "what is summed up must be a list, but is {}", a[0].describe());
    return e.runningSums(*list, loc);
  }

  /// positive(v), unit(v): v brought into the domain, and the fact that it lies there.
  template <Domain kind> static MaybeThing inDomain(Elaborator &e, const Things &a, SourceLocation loc) {
    if (Elaborator::listsVectors(a))
      return e.overItems(a, loc, [&](const Things &items) { return inDomain<kind>(e, items, loc); });
    auto raw = e.broadcast(a, loc);
    return raw ? MaybeThing(Thing{e.constrainWithFact((*raw)[0], {kind}, loc)}) : std::nullopt;
  }

  /// simplex(v, k), ordered(v, k): the k pieces of v as the components of k-vectors in the domain; or of a list.
  template <Domain kind> static MaybeThing componentsInDomain(Elaborator &e, const Things &a, SourceLocation loc) {
    const ListThing *list = a[0].as<ListThing>();
    if (a.size() == 1 && list && !list->items->empty())
      return e.constrainList(*list, {kind}, loc);
    auto raw = e.vector(a[0], loc, "what is cut into components");
    if (!raw)
      return std::nullopt;
    if (a.size() == 1)
      return e.failFor(a[0], Kind::MissingArgument, loc, "into how many components is {} cut? expected their number",
                       a[0].describe());
    auto count = e.componentCount(a[1], loc);
    if (!count)
      return std::nullopt;
    if (raw->shape[0] % *count)
      return e.failFor(a[0], Kind::ShapeMismatch, loc, "{} is not cut into {} equal components", a[0].describe(),
                       *count);
    return e.constrainComponents(*raw, *count, {kind}, loc);
  }

  template <double (*function)(double)> static MaybeThing onNumber(Elaborator &e, const Things &a, SourceLocation loc) {
    if (Elaborator::actsOnItems(a))
      return e.overItems(a, loc, [&](const Things &items) { return onNumber<function>(e, items, loc); });
    if (!a[0].as<double>())
      return e.failFor(a[0], Kind::TypeMismatch, loc, "this function takes numbers known at compile time, not {}",
                       a[0].describe());
    return Thing{function(*a[0].as<double>())};
  }

  static MaybeThing outsideStart(Elaborator &e, const Things &, SourceLocation loc) {
    return e.fail(Kind::BadStart, loc,
                  "`mean` and `deviation` over the data stand only after `start`, `mean` and `variance` only after `running NAME =`");
  }

  static const std::vector<Row> &rows() {
    static const std::vector<Row> all = {
        {"len", 1, 1, len},
        {"sum", 1, 1, sum},
        {"dot", 2, 2, dot},
        {"matvec", 2, 3, matvec},
        {"positions", 1, 1, positions},
        {"neighbor", 3, 3, neighbor},
        {"squeeze", 3, 3, squeeze},
        {"checkerboard", 0, 1, imageMask<flowc::dsl::checkerboard>},
        {"channels", 0, 1, imageMask<firstChannels>},
        {"causal", 3, 3, causal},
        {"lower", 1, 2, triangle<true>},
        {"upper", 1, 2, triangle<false>},
        {"degrees", 3, 4, degrees},
        {"cycle", 2, 2, cycle},
        {"split", 2, 2, split},
        {"merge", 3, 3, merge},
        {"concat", 1, 1000, concat},
        {"chunk", 2, 2, chunk},
        {"permute", 2, 2, permute},
        {"reverse", 1, 1, reverse},
        {"random", 1, 1, random},
        {"swap", 1, 1, swap},
        {"bounded", 2, 2, bounded},
        {"softmax", 1, 1, softmax},
        {"range", 1, 2, range},
        {"where", 3, 3, where},
        {"max", 1, 2, extremum<true>},
        {"min", 1, 2, extremum<false>},
        {"cumsum", 1, 1, cumsum},
        {"positive", 1, 1, inDomain<Domain::Positive>},
        {"unit", 1, 1, inDomain<Domain::Unit>},
        {"simplex", 1, 2, componentsInDomain<Domain::Simplex>},
        {"ordered", 1, 2, componentsInDomain<Domain::Ordered>},
        {"values", 1, 1, [](Elaborator &e, const Things &a, SourceLocation loc) { return e.countSteered(a[0], loc); }},
        {"steered", 3, 3, [](Elaborator &e, const Things &a, SourceLocation loc) { return e.steer(a[0], a[1], a[2], loc); }},
        {"floor", 1, 1, onNumber<std::floor>},
        {"ceil", 1, 1, onNumber<std::ceil>},
        {"mean", 1, 1, outsideStart},
        {"deviation", 1, 1, outsideStart},
    };
    return all;
  }

  static const Row *find(const std::string &name) {
    for (const Row &row : rows())
      if (name == row.name)
        return &row;
    return nullptr;
  }

  /// Scalar functions that the language also computes at compile time.
  static std::optional<double> foldScalar(const std::string &name, double x) {
    static const std::map<std::string, double (*)(double)> functions = {
        {"exp", std::exp},
        {"log", std::log},
        {"sqrt", std::sqrt},
        {"tanh", std::tanh},
        {"sin", std::sin},
        {"cos", std::cos},
        {"abs", std::fabs},
        {"atan", std::atan},
        {"log1p", std::log1p},
        {"expm1", std::expm1},
        {"sinh", std::sinh},
        {"cosh", std::cosh},
        {"asinh", std::asinh},
        {"atanh", std::atanh},
        {"cbrt", std::cbrt},
        {"sigmoid", [](double v) { return 1 / (1 + std::exp(-v)); }},
        {"softplus", [](double v) { return std::max(v, 0.0) + std::log1p(std::exp(-std::fabs(v))); }}};
    auto found = functions.find(name);
    return found == functions.end() ? std::nullopt : std::optional(found->second(x));
  }
};

bool Elaborator::isBuiltin(const std::string &name) const { return Builtins::find(name); }

std::vector<std::string> Elaborator::builtinNames() {
  std::vector<std::string> names;
  for (const Builtins::Row &row : Builtins::rows())
    names.push_back(row.name);
  return names;
}

MaybeThing Elaborator::callBuiltin(const std::string &name, const CallArguments &arguments, SourceLocation loc) {
  std::vector<Thing> things;
  for (const CallArguments::Entry &entry : arguments.entries) {
    if (!entry.name.empty())
      return fail(Kind::UnknownArgument, entry.loc, "`{}` takes its arguments by position, not by name", name);
    things.push_back(entry.value);
  }
  const Builtins::Row *row = Builtins::find(name);
  size_t least = row ? row->least : size_t(scalarArity.at(name)), most = row ? row->most : least;
  if (things.size() < least || things.size() > most)
    return fail(things.size() < least ? Kind::MissingArgument : Kind::TooManyArguments, loc,
                "`{}` takes {} argument{}, but is given {}", name, least, least == 1 ? "" : "s", things.size());
  return row ? row->body(*this, things, loc) : callScalar(name, things, loc);
}

MaybeThing Elaborator::callScalar(const std::string &name, const std::vector<Thing> &operands, SourceLocation loc) {
  // What is not computed at compile time makes a list of numbers a constant vector.
  if (Builtins::foldScalar(name, 0.5) ? actsOnItems(operands) : listsVectors(operands))
    return overItems(operands, loc, [&](const std::vector<Thing> &items) { return callScalar(name, items, loc); });
  if (const double *number = operands[0].as<double>())
    if (auto folded = Builtins::foldScalar(name, *number))
      return finite(*folded, loc, fmt::format("{}({})", name, *number));
  return applyFunction(name, operands, loc);
}

} // namespace flowc::dsl

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Fits the polynomials of compiler/Transforms/ExpandMath*.h (needs mpmath) and prints them as C++ tables.
# Each is a minimax (Remez) fit of the relative error of the FUNCTION, not of the polynomial; the error printed is that of the
# rounded coefficients.

import re
import struct
import sys
from mpmath import mp, mpf, exp, log, log1p, expm1, sinh, tanh, sin, cos, atan, erf, erfc, sqrt, pi, matrix, lu_solve, hypot

mp.dps = 60


def remez(g, w, basis, a, b, rounds=12, odd=False):
    """Coefficients c_k with max over [a, b] of |w (g - sum c_k basis[k])| minimal, and that maximum."""
    n = len(basis)
    # On both sides of 0 an odd lowest power turns the signs in which the error of the best fit alternates.
    side = lambda x: -1 if x < 0 and odd else 1
    points = [(a + b) / 2 - (b - a) / 2 * mp.cos(pi * (i + mpf(1) / 2) / (n + 1)) for i in range(n + 1)]
    grid = [(a + b) / 2 - (b - a) / 2 * mp.cos(pi * (i + mpf(1) / 2) / (24 * n)) for i in range(24 * n)]
    values = [(x, g(x), w(x), [f(x) for f in basis]) for x in grid]
    table = dict()
    for _ in range(rounds):
        system, right = matrix(n + 1, n + 1), matrix(n + 1, 1)
        for i, x in enumerate(points):
            gx, wx = table.setdefault(x, None) or (g(x), w(x))
            for k in range(n):
                system[i, k] = basis[k](x)
            system[i, n] = side(x) * (-1)**i / wx
            right[i] = gx
        solution = lu_solve(system, right)
        c = [solution[k] for k in range(n)]
        errors = [(side(x) * wx * (gx - sum(ck * bk for ck, bk in zip(c, row))), x) for x, gx, wx, row in values]
        extrema, run = [], []
        for e, x in errors:  # the largest of every run of one sign
            if run and (e > 0) != (run[-1][0] > 0):
                extrema.append(max(run, key=lambda t: abs(t[0])))
                run = []
            run.append((e, x))
        extrema.append(max(run, key=lambda t: abs(t[0])))
        worst = max(abs(e) for e, _ in errors)
        while len(extrema) > n + 1:
            extrema.pop(0 if abs(extrema[0][0]) < abs(extrema[-1][0]) else -1)
        if len(extrema) < n + 1 or worst < abs(solution[n]) * mpf('1.02'):
            break
        points = [x for _, x in extrema]
    return c, worst


def power(k):
    return lambda x: x**k


def rational(g, top, bottom, a, b, importance=lambda x: 1):
    """Coefficients of P (degree top) and Q (degree bottom, Q(0) = 1) with importance * (relative error of P / Q) small on [a, b]."""
    q = [mpf(1)] + [mpf(0)] * bottom
    for _ in range(6):
        value = lambda x: sum(qk * x**k for k, qk in enumerate(q))
        weight = lambda x, value=value: importance(x) / abs(g(x) * value(x))
        basis = [power(k) for k in range(top + 1)] + [lambda x, k=k: -g(x) * x**k for k in range(1, bottom + 1)]
        c, worst = remez(g, weight, basis, a, b, 5)
        q = [mpf(1)] + c[top + 1:]
    return c[:top + 1], q, worst


def rounded(value, kind):
    return mpf(struct.unpack('f', struct.pack('f', float(value)))[0]) if kind == 'float' else mpf(float(value))


def fit(g, w, count, a, b, kind, fixed=()):
    """As `remez`, with coefficients that are numbers of `kind`; the first ones may be given."""
    c = [mpf(x) for x in fixed]
    rest = lambda x: g(x) - sum(ck * x**k for k, ck in enumerate(c))
    free, _ = remez(rest, w, [power(k) for k in range(len(c), count)], a, b, odd=len(c) % 2 == 1)
    c = c + [rounded(x, kind) for x in free]
    grid = [a + (b - a) * i / 400 for i in range(401)]
    return c, max(abs(w(x) * (g(x) - sum(ck * x**k for k, ck in enumerate(c)))) for x in grid if x != 0)


def show(name, kind, result):
    c, worst = result
    suffix = 'f' if kind == 'float' else ''
    numbers = ', '.join(re.sub('0+p', 'p', float(x).hex()) + suffix for x in c)
    print(f'// relative error 2^{mp.nstr(log(worst, 2), 4)}\n{kind} {name}[{len(c)}] = {{{numbers}}};', flush=True)


def series(f, k0, nearZero, terms):
    """f without its first terms, divided by x^k0; near 0 by its Taylor series, whose coefficients are given."""
    return lambda x: sum(t * x**i for i, t in enumerate(terms(30))) if abs(x) < nearZero else f(x) / x**k0


tiny = mpf(10)**-9
half = log(mpf(2)) / 2 * mpf('1.0001')
fac = mp.factorial


def expFit(name, kind, count, w):  # e^r = 1 + r + r^2 p(r)
    g = series(lambda r: exp(r) - 1 - r, 2, tiny, lambda n: [1 / fac(i + 2) for i in range(n)])
    show(name, kind, fit(g, lambda r: max(w(r), tiny), count, -half, half, kind, [0.5]))


def logFit(kind, count):
    a, b = sqrt(mpf(0.5)) - 1, sqrt(mpf(2)) - 1
    if kind == 'float':  # log(1 + f) = f - f^2 / 2 + f^3 p(f)
        g = series(lambda f: log1p(f) - f + f * f / 2, 3, tiny, lambda n: [(-1)**i / mpf(i + 3) for i in range(n)])
        show('log', kind, fit(g, lambda f: abs(f**3 / log1p(f)) if abs(f) > tiny else tiny**2, count, a, b, kind))
        return
    # log((1 + s) / (1 - s)) = 2 s + s^3 p(s^2)
    g = lambda z: sum(2 / mpf(2 * i + 3) * z**i for i in range(45))
    show('log', kind, fit(g, lambda z: z / 2, count, mpf(0), (b / (2 + b))**2, kind))


def logRestFit(kind, count):  # log((1 + s) / (1 - s)) = 2 s + 2/3 s^3 + s^5 p(s^2)
    b = sqrt(mpf(2)) - 1
    g = lambda z: sum(2 / mpf(2 * i + 5) * z**i for i in range(45))
    show('logRest', kind, fit(g, lambda z: 1 / g(z), count, mpf(0), (b / (2 + b))**2, kind))


def oddFit(name, f, taylor, end, kind, count):  # f(x) = x + x^3 p(x^2)
    g = lambda z: sum(taylor(i + 1) * z**i for i in range(12)) if z < mpf('1e-6') else (f(sqrt(z)) / sqrt(z) - 1) / z
    w = lambda z: z if z < tiny else abs(z * sqrt(z) / f(sqrt(z)))
    show(name, kind, fit(g, w, count, mpf(0), mpf(end)**2, kind))


def evenFit(name, f, taylor, end, kind, count):  # cos x = 1 - x^2 / 2 + x^4 p(x^2)
    g = lambda z: sum(taylor(i + 2) * z**i for i in range(12)) if z < mpf('1e-6') else (f(sqrt(z)) - 1 + z / 2) / z**2
    show(name, kind, fit(g, lambda z: z * z, count, mpf(0), mpf(end)**2, kind))


def tanhTaylor(i):
    n = i + 1
    return mpf(2)**(2 * n) * (mpf(2)**(2 * n) - 1) * mp.bernoulli(2 * n) / fac(2 * n)


def upper(u):
    return erfc(u / sqrt(mpf(2)))


def millsFit(kind, count, k, end):  # 2 normal_cdf(-u) = exp(-u^2 / 2) p((u - k) / (u + k)) / (1 + 1.5 u)
    at = lambda u: (1 + mpf('1.5') * u) * exp(u * u / 2) * upper(u)
    g = lambda q: at(k * (1 + q) / (1 - q))
    show('mills', kind, fit(g, lambda q: 1 / g(q), count, mpf(-1), (end - k) / mpf(end + k), kind))


def cdfFit(kind, count):  # normal_cdf(x) = 1/2 + x (c + p(x^2)) on [-1, 1], c = phi(0) rounded
    c = rounded(1 / sqrt(2 * pi), kind)
    g = lambda z: erf(sqrt(z / 2)) / sqrt(z) / 2 - c
    w = lambda z: sqrt(z) / (mpf(1) / 2 - (g(z) + c) * sqrt(z))
    show('cdf', kind, fit(g, w, count, tiny, mpf(1), kind))


def erfFit(kind, count):  # erf(x) = x + x p(x^2) on [0, 1]
    g = lambda z: erf(sqrt(z)) / sqrt(z) - 1
    show('erf', kind, fit(g, lambda z: 1 / (1 + g(z)), count, tiny, mpf(1), kind))


def quantile(p):
    start = sqrt(-2 * log(p)) if p < 0.1 else (mpf(0.5) - p) * 2.5
    return mp.findroot(lambda x: log(upper(x) / 2) - log(p), start, tol=mpf(10)**-30)


def normalFamily():
    millsFit('float', 11, 4, 14.5); millsFit('double', 25, 5, 39)
    erfFit('float', 7); erfFit('double', 14)
    cdfFit('float', 7); cdfFit('double', 13)
    # log(erfc(t)) = -t p(t) on [1, 4]
    g = lambda t: -log(erfc(t)) / t
    show('logErfc', 'float', fit(g, lambda t: t * erfc(t) / erf(t), 6, mpf(1), mpf(4), 'float'))
    # -normal_quantile(1/2 - q) = q p(q^2) for q <= 0.35; for smaller probabilities a quotient in sqrt(-log p)
    mp.dps = 40
    g = lambda z: quantile(mpf(0.5) - sqrt(z)) / sqrt(z)
    show('quantile', 'float', fit(g, lambda z: 1 / g(z), 10, tiny, mpf('0.351')**2, 'float'))
    # sqrt(2) r - quantile: its quotient only corrects; the error is relative to the quantile
    correction = lambda r: sqrt(mpf(2)) * r - quantile(exp(-r * r))
    start, end = sqrt(-log(mpf('0.151'))), mpf('10.2')
    top, bottom, worst = rational(correction, 4, 4, start, end, lambda r: correction(r) / quantile(exp(-r * r)))
    show('quantileTop', 'float', ([rounded(x, 'float') for x in top], worst))
    show('quantileBottom', 'float', ([rounded(x, 'float') for x in bottom], worst))


quarter = pi / 4 * mpf('1.0001')


def families(which):
    if which in ('all', 'exp'):
        expFit('exp', 'float', 5, lambda r: r * r)
        expFit('expm1', 'float', 6, lambda r: abs(r**2 / expm1(r)) if r else 0)
        expFit('exp', 'double', 11, lambda r: abs(r**2 / expm1(r)) if r else 0)
    if which in ('all', 'log'):
        logFit('float', 9); logFit('double', 8); logRestFit('float', 3); logRestFit('double', 8)
    if which in ('all', 'hyper'):
        oddFit('tanh', tanh, tanhTaylor, 0.625, 'float', 6); oddFit('tanh', tanh, tanhTaylor, 0.625, 'double', 13)
        oddFit('sinh', sinh, lambda i: 1 / fac(2 * i + 1), 1.0, 'float', 4)
        oddFit('sinh', sinh, lambda i: 1 / fac(2 * i + 1), 1.0, 'double', 8)
    if which in ('all', 'trig'):
        sign = lambda i: (-1)**i
        oddFit('sin', sin, lambda i: sign(i) / fac(2 * i + 1), quarter, 'float', 4)
        oddFit('sin', sin, lambda i: sign(i) / fac(2 * i + 1), quarter, 'double', 7)
        evenFit('cos', cos, lambda i: sign(i) / fac(2 * i), quarter, 'float', 3)
        evenFit('cos', cos, lambda i: sign(i) / fac(2 * i), quarter, 'double', 6)
        oddFit('atan', atan, lambda i: sign(i) / mpf(2 * i + 1), sqrt(mpf(2)) - 1 + tiny, 'float', 5)
        oddFit('atan', atan, lambda i: sign(i) / mpf(2 * i + 1), sqrt(mpf(2)) - 1 + tiny, 'double', 13)
    if which in ('all', 'normal'):
        normalFamily()


if __name__ == '__main__':
    families(sys.argv[1] if len(sys.argv) > 1 else 'all')

"""With the best critic, does a generator's step lower the divergence? On a line, exactly; nothing is trained.

    python tools/evidence/envelope.py --out gancode/experiments/kept/envelope.json

Each fake moves with the velocity v = -d(loss)/dx while the critic stands still at its best, so the density obeys
dp_g/dt = -(p_g v)'. A divergence F changes at the rate int p_g v (dF/dp_g)'. `flows` has v and (dF/dp_g)' by their
formulas, `moved` is their oracle. D = p_r / (p_r + p_g), s = log(p_r / p_g), and u = 2 D - 1 is the best score of an
LSGAN with labels -1 and 1.
"""

import argparse

import numpy as np
from scipy.special import expit, softmax
from scipy.stats import norm

from gancode.experiments.results import Results, command_line

X = np.linspace(-9.0, 9.0, 36_001)
DATA = ((1.0, 0.0, 1.0),)  # (mass, mean, width) of each mode
MODES = ((0.3, -2.0, 0.5), (0.7, 2.0, 0.5))
FAKES = {  # mean, width
    "shifted": (1.0, 1.0),
    "shifted, too narrow": (1.0, 0.5),
    "shifted, too wide": (1.0, 2.0),
    "right mean, too narrow": (0.0, 0.5),
    "right mean, too wide": (0.0, 2.0),
    "far": (3.0, 0.7),
}
OWN = {  # the divergence that each loss is about
    "minimax": "JS",
    "non-saturating": "JS",
    "LSGAN, midway": "chi^2",
    "LSGAN, gamma = b": "chi^2",
    "WGAN": "W1",
}


def log_density(mixture, x):
    return np.logaddexp.reduce([np.log(mass) + norm(mean, width).logpdf(x) for mass, mean, width in mixture])


def distribution(mixture, x):
    return sum(mass * norm(mean, width).cdf(x) for mass, mean, width in mixture)


def logs_slope(mixture, x):
    """(log p)'. In logarithms, for far out both densities of a ratio are 0 to the computer."""
    parts = softmax([np.log(mass) + norm(mean, width).logpdf(x) for mass, mean, width in mixture], axis=0)
    return sum(part * (mean - x) / width**2 for part, (_, mean, width) in zip(parts, mixture, strict=True))


def flows(real, fake, x=X):
    """Velocities by loss, and slopes of first variations by divergence, at x."""
    d = expit(log_density(real, x) - log_density(fake, x))
    slope = logs_slope(real, x) - logs_slope(fake, x)  # s'
    u, u_slope = 2 * d - 1, 2 * d * (1 - d) * slope
    f_slope = np.sign(distribution(fake, x) - distribution(real, x))  # of the best 1-Lipschitz critic
    velocity = {
        "minimax": d * slope,  # of log(1 - D)
        "non-saturating": (1 - d) * slope,  # of -log D
        "LSGAN, midway": -u * u_slope,  # of (u - 0)^2 / 2
        "LSGAN, gamma = b": (1 - u) * u_slope,  # of (u - 1)^2 / 2
        "WGAN": f_slope,  # of -f
    }
    return velocity, {"JS": -d * slope / 2, "KL": -slope, "chi^2": -2 * (1 + u) * u_slope, "W1": -f_slope}


def divergences(p_r, p_g, gap, x):
    """All four between densities at x, which may be unevenly spaced. gap: the difference of the two distributions."""
    at = {
        "JS": (p_r * np.log(2 * p_r / (p_r + p_g)) + p_g * np.log(2 * p_g / (p_r + p_g))) / 2,
        "KL": p_g * np.log(p_g / p_r),
        "chi^2": (p_r - p_g) ** 2 / (p_r + p_g),
        "W1": np.abs(gap),
    }
    return {name: np.trapezoid(y, x) for name, y in at.items()}


def moved(real, fake, velocity, h):
    """The divergences once each fake at x is at y = x + h v(x): there p_g(y) = p_g(x) / y'(x), and F_g(y) = F_g(x)."""
    y = X + h * velocity
    p_g = np.exp(log_density(fake, X)) / np.abs(np.gradient(y, X))
    return divergences(np.exp(log_density(real, y)), p_g, distribution(fake, X) - distribution(real, y), y)


def rates(real, fake, h=1e-5):
    """d/dt of each divergence along each loss's flow, {loss: {divergence: [by the formulas, by differences]}}.

    And the cosine of the flow with the steepest way down its own divergence, under the mean over fakes. WGAN's flow
    tears or folds the density where f' changes its sign, so of it only W1, which does not mind, is asked.
    """
    velocity, variation = flows(real, fake)
    p_g, found = np.exp(log_density(fake, X)), {}
    for loss, v in velocity.items():
        after, before = moved(real, fake, v, h), moved(real, fake, v, -h)
        asked = {"W1"} if loss == "WGAN" else variation
        found[loss] = {
            name: [np.trapezoid(p_g * v * variation[name], X), (after[name] - before[name]) / (2 * h)] for name in asked
        }
        down = -variation[OWN[loss]]
        lengths = np.sqrt(np.trapezoid(p_g * v**2, X) * np.trapezoid(p_g * down**2, X))
        found[loss]["cosine"] = np.trapezoid(p_g * v * down, X) / lengths
    return found


def uphill(means, widths):
    """Of a Gaussian generator z -> mean + width z against two modes: where each loss's step points up its divergence.

    The loss's gradient by (mean, log width) is -E v (1, x - mean), the divergence's E (dF/dp_g)' (1, x - mean).
    """
    places, up = [(mean, width) for mean in means for width in widths], {loss: [] for loss in OWN}
    for mean, width in places:
        x = mean + width * np.linspace(-8, 8, 4001)
        weight = norm(mean, width).pdf(x) * (x[1] - x[0]) * np.stack([np.ones_like(x), x - mean])  # (2, n)
        velocity, variation = flows(MODES, ((1.0, mean, width),), x)
        for loss, name in OWN.items():
            step, climb = weight @ velocity[loss], weight @ variation[name]
            up[loss].append(step @ climb / (np.linalg.norm(step) * np.linalg.norm(climb)))
    return {
        loss: {"fraction": np.mean(np.array(c) > 1e-6), "largest_cosine": max(c), "at": places[np.argmax(c)]}
        for loss, c in up.items()
    }


def rounded(found):
    if isinstance(found, dict):
        return {name: rounded(each) for name, each in found.items()}
    return [rounded(each) for each in found] if isinstance(found, (list, tuple)) else float(f"{found:.5g}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=41, help="of the grid of means and of that of widths")
    parser.add_argument("--out", required=True)
    given = parser.parse_args(arguments)
    made_by = command_line("python tools/evidence/envelope.py", arguments)
    results = Results(given.out, made_by)
    for name, fake in FAKES.items():
        case = {"data": DATA, "fakes": name, "mean, width": fake}
        results.add(case, lambda fake=fake: rounded(rates(DATA, ((1.0, *fake),))))
    grid = np.linspace(-4, 4, given.points), np.geomspace(0.1, 4, given.points)
    case = {"data": MODES, "means": "-4 to 4", "widths": "0.1 to 4", "points": given.points}
    results.add(case, lambda: rounded(uphill(*grid)))


if __name__ == "__main__":
    main()

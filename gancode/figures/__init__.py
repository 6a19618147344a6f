"""What is behind `plots`: the style of all figures, a critic's inside, frames to move through, figures with knobs."""

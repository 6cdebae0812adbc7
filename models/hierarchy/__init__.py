"""Daily forecasts of many series that add up: from one item in one place to the whole shop.

`series` is the contract, `forecast` the entry. Weekly forecasts per sku and their backtest are in
`models` itself.
"""

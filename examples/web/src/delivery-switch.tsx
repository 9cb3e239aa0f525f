import type { TokenDelivery } from 'graphql-simplejwt-client';
import { DELIVERIES } from './delivery.ts';

interface DeliverySwitchProps {
  readonly chosen: TokenDelivery;
  readonly onChoose: (delivery: TokenDelivery) => void;
}

/** Chooses, before the login, how the tokens reach the page. */
export function DeliverySwitch({ chosen, onChoose }: DeliverySwitchProps) {
  return (
    <fieldset className="deliveries">
      <legend>How the tokens reach this page</legend>
      {(Object.keys(DELIVERIES) as TokenDelivery[]).map((choice) => (
        <label key={choice} className="delivery">
          <input
            type="radio"
            name="delivery"
            value={choice}
            checked={choice === chosen}
            onChange={() => onChoose(choice)}
          />
          <span>
            <span className="delivery-name">
              {DELIVERIES[choice].name} <code>{choice}</code>
            </span>
            <span className="delivery-text">{DELIVERIES[choice].explanation}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
